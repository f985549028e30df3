import { ServerCredentials } from '@grpc/grpc-js';
import type { TlsMaterial } from './tls-material.js';

/** How long a peer may take for the handshake. Node's own two minutes would hold a socket for whoever says nothing. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * TLS whose certificates can be exchanged while it serves: connections stay as they are, new ones are made with the new.
 * `ServerCredentials.createSsl` of grpc-js has them for good, and its `FileWatcherCertificateProvider` lets nobody in any
 * more once a file is broken.
 */
export class TlsCredentials extends ServerCredentials {
  constructor(material: TlsMaterial, handshakeTimeout = HANDSHAKE_TIMEOUT_MS) {
    const options = {
      requestCert: material.context.ca !== undefined,
      rejectUnauthorized: true,
      handshakeTimeout,
    };
    super(options, material.context);
  }

  replace(material: TlsMaterial): void {
    this.updateSecureContextOptions(material.context);
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}
