import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as tlsConnect, type ConnectionOptions, type TLSSocket } from 'node:tls';
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
  return secured(connect({ host: host!, port: Number(port) }), options);
}

/** The same over a socket that there is. */
export async function secured(socket: Socket, options: ConnectionOptions): Promise<TLSSocket> {
  const way = { servername: 'localhost', ALPNProtocols: ['h2'], ...options };
  const secure = tlsConnect({ socket, ...way });
  await once(secure, 'secureConnect');
  // What comes later is for whoever looks.
  return secure.on('error', () => {});
}
