import { ServerCredentials } from '@grpc/grpc-js';
import type { TlsMaterial } from './tls-material.js';

/**
 * TLS credentials whose certificates can be replaced while the server runs. Open connections do not change; new
 * connections use the new certificates. `ServerCredentials.createSsl` of grpc-js cannot replace them, and its
 * `FileWatcherCertificateProvider` rejects all connections once a file is invalid. `Connections` limits the time of the
 * handshake, with or without TLS.
 */
export class TlsCredentials extends ServerCredentials {
  constructor(material: TlsMaterial) {
    const requestCert = material.context.ca !== undefined;
    super({ requestCert, rejectUnauthorized: true }, material.context);
  }

  replace(material: TlsMaterial): void {
    this.updateSecureContextOptions(material.context);
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}
