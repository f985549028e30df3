import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/**
 * Returns the accepted socket under a TLS socket. It is private in Node, and only it distinguishes two peers of a Unix
 * socket. Only this file knows where it is.
 */
export function socketUnderTls(socket: Socket | TLSSocket): Socket {
  const { _parent } = socket as unknown as { readonly _parent?: Socket | null };
  if (!_parent) throw new Error('Node keeps the socket under TLS somewhere else now');
  return _parent;
}
