import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as tlsConnect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { credentials, type ChannelCredentials } from '@grpc/grpc-js';
import type { Identity } from './certificates.js';

/** Credentials of a client that trusts this root, with an optional client certificate. */
export function trusting(root: { readonly cert: string }, own?: Identity): ChannelCredentials {
  const rootCert = Buffer.from(root.cert);
  if (own === undefined) return credentials.createSsl(rootCert);
  return credentials.createSsl(rootCert, Buffer.from(own.key), Buffer.from(own.cert));
}

/** Opens a TLS connection with these options. Fails if the handshake fails. */
export async function handshake(address: string, options: ConnectionOptions): Promise<TLSSocket> {
  const [host, port] = address.split(':');
  return secured(connect({ host: host!, port: Number(port) }), options);
}

/** Starts TLS over an existing socket. Fails if the handshake fails. */
export async function secured(socket: Socket, options: ConnectionOptions): Promise<TLSSocket> {
  const way = { servername: 'localhost', ALPNProtocols: ['h2'], ...options };
  const secure = tlsConnect({ socket, ...way });
  await once(secure, 'secureConnect');
  // Later errors are ignored here. A test can add its own listener.
  return secure.on('error', () => {});
}
