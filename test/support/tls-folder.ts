import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsFiles } from '../../src/config/config.js';
import type { Identity } from './certificates.js';

/** A folder with the files that the TLS settings name. */
export class TlsFolder {
  private constructor(
    readonly path: string,
    readonly files: TlsFiles,
  ) {}

  /**
   * Creates the folder. With `clientCa`, the CA certificates for clients, the settings require
   * mutual TLS.
   */
  static async with(identity: Identity, clientCa?: string): Promise<TlsFolder> {
    const path = await mkdtemp(join(tmpdir(), 'presence-tls-'));
    const files = {
      certFile: join(path, 'tls.crt'),
      keyFile: join(path, 'tls.key'),
      ...(clientCa !== undefined && { clientCaFile: join(path, 'ca.crt') }),
    };
    const folder = new TlsFolder(path, files);
    await folder.write(identity, clientCa);
    return folder;
  }

  async write({ cert, key }: Identity, clientCa?: string): Promise<void> {
    const { certFile, keyFile, clientCaFile } = this.files;
    await writeFile(certFile, cert);
    await writeFile(keyFile, key, { mode: 0o600 });
    if (clientCa !== undefined) await writeFile(clientCaFile!, clientCa);
  }

  /** The environment variables of the server. */
  get settings(): Readonly<Record<string, string>> {
    const { certFile, keyFile, clientCaFile } = this.files;
    return {
      GRPC_TLS_CERT_FILE: certFile,
      GRPC_TLS_KEY_FILE: keyFile,
      ...(clientCaFile !== undefined && { GRPC_TLS_CLIENT_CA_FILE: clientCaFile }),
    };
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true });
  }
}
