import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { status } from '@grpc/grpc-js';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CertificateWatch } from '../../src/transport/tls/certificate-watch.js';
import { Authority, type Identity } from '../support/certificates.js';
import { MountedFiles } from '../support/mounted-files.js';
import { Service } from '../support/service.js';
import { handshake, trusting } from '../support/tls-client.js';
import { TlsFolder } from '../support/tls-folder.js';

describe('Certificates that change while the server runs', () => {
  let service: Service;
  let root: Authority;
  let next: Authority;
  let first: Identity;
  let folder: TlsFolder;
  beforeEach(async () => {
    vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    root = await Authority.make('root');
    next = await Authority.make('next root');
    first = await root.server();
    folder = await TlsFolder.with(first, root.cert);
    service = await Service.start(folder.settings);
  });
  afterEach(async () => {
    await service.stop();
    await folder.remove();
    vi.restoreAllMocks();
  });

  async function look(): Promise<void> {
    await Promise.all(service.all(CertificateWatch).map((watch) => watch.reload()));
  }

  /** Returns the certificate that a new connection receives, without verifying it. */
  async function shown(): Promise<string> {
    const options = { ...(await root.client('looker')), rejectUnauthorized: false };
    const socket = await handshake(service.address(), options);
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    return fingerprint256;
  }

  function fingerprint({ cert }: Identity): string {
    return new X509Certificate(cert).fingerprint256;
  }

  it('are used for new connections, while existing ones continue', async () => {
    const own = await root.client('gateway');
    // A client with a single connection, which is already open.
    const old = await service.secureClient('ann', trusting(root, own), [service.address()]);
    const { stream } = await old.connect();
    await folder.write(await next.server());
    await look();

    const fresh = await service.secureClient('bob', trusting(next, own));
    expect((await fresh.listOnlineUsers()).totalSize).toBe(1);
    const distrustful = await service.secureClient('bob', trusting(root, own));
    await expect(distrustful.listOnlineUsers()).rejects.toMatchObject({ code: status.UNAVAILABLE });

    expect((await old.listSessions()).sessions).toHaveLength(1);
    stream.cancel();
    expect((await stream.ended).code).toBe(status.CANCELLED);
  });

  it('are detected behind symbolic links that are replaced, as Kubernetes does', async () => {
    const mounted = new MountedFiles(folder.path);
    const store = ({ cert, key }: Identity): Promise<void> =>
      mounted.write({ 'tls.crt': cert, 'tls.key': key });
    const [second, third] = [await root.server(), await root.server()];
    await store(second);
    await look();
    expect(await shown()).toBe(fingerprint(second));

    await store(third);
    await look();
    expect(await shown()).toBe(fingerprint(third));
  });

  it('are spoken with in no other versions and ciphers than those before', async () => {
    await folder.write(await root.server());
    await look();
    const own = { ca: root.cert, ...(await root.client('gateway')) };
    for (const options of [
      { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' },
    ] as const) {
      const attempt = handshake(service.address(), { ...own, ...options });
      await expect(attempt).rejects.toMatchObject({
        code: expect.stringMatching(/ALERT_(PROTOCOL_VERSION|HANDSHAKE_FAILURE)$/) as unknown,
      });
    }
  });

  it('decide again which clients may connect, also those that connected before', async () => {
    const address = service.address();
    const own = await root.client('gateway');
    // In TLS 1.2, session tickets are sent during the handshake, not later.
    const options = { ca: root.cert, ...own, maxVersion: 'TLSv1.2' } as const;
    const before = await handshake(address, options);
    const session = before.getSession();
    const resumed = await handshake(address, { ...options, session });
    expect(resumed.isSessionReused()).toBe(true);

    await folder.write(first, next.cert);
    await look();
    const attempt = handshake(address, { ...options, session });
    await expect(attempt).rejects.toMatchObject({ code: 'ECONNRESET' });
    for (const socket of [before, resumed]) socket.destroy();

    const security = trusting(root, await next.client('gateway'));
    expect((await (await service.secureClient('ann', security)).listSessions()).sessions).toEqual(
      [],
    );
  });

  it('are ignored if they are invalid, which is logged once', async () => {
    await writeFile(folder.files.certFile, (await root.server()).cert);
    for (let i = 0; i < 4; i++) await look();
    expect(await shown()).toBe(fingerprint(first));

    const warnings = vi
      .mocked(Logger.prototype.warn)
      .mock.calls.map(([text]) => text as string)
      .filter((text) => text.includes('GRPC_TLS'));
    expect(warnings).toHaveLength(service.all(CertificateWatch).length);
    expect(warnings[0]).toBe(
      `GRPC_TLS_KEY_FILE names ${folder.files.keyFile}, but that is not the key of the certificate in ${folder.files.certFile}. New gRPC connections use the previous certificate.`,
    );
  });
});
