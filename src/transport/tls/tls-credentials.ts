import { ServerCredentials } from '@grpc/grpc-js';
import type { TlsMaterial } from './tls-material.js';

/**
 * TLS whose certificates can be exchanged while it serves: connections stay as they are, new ones are made with the new.
 * `ServerCredentials.createSsl` of grpc-js has them for good, and its `FileWatcherCertificateProvider` lets nobody in any
 * more once a file is broken. How long a handshake may take is seen to by `Connections`, with or without TLS.
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
