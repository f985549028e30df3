import { once } from 'node:events';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { credentials, type ChannelCredentials } from '@grpc/grpc-js';
import type { Identity } from './certificates.js';

/** Credentials of a client that trusts this root, and has a certificate of its own or none. */
export function trusting(root: { readonly cert: string }, own?: Identity): ChannelCredentials {
  const rootCert = Buffer.from(root.cert);
  if (own === undefined) return credentials.createSsl(rootCert);
  return credentials.createSsl(rootCert, Buffer.from(own.key), Buffer.from(own.cert));
}

/** A TLS connection that is made in just this way. Fails as the handshake does. */
export async function handshake(address: string, options: ConnectionOptions): Promise<TLSSocket> {
  const [host, port] = address.split(':');
  const way = { servername: 'localhost', ALPNProtocols: ['h2'], ...options };
  const socket = connect({ host, port: Number(port), ...way });
  await once(socket, 'secureConnect');
  // What comes later is for whoever looks.
  return socket.on('error', () => {});
}
