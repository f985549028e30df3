import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/**
 * The socket on which the server accepted the connection that TLS is spoken over. Node keeps it to itself, and nothing
 * else tells two peers of a Unix socket apart; this is the one file that knows where.
 */
export function socketUnderTls(socket: Socket | TLSSocket): Socket {
  const { _parent } = socket as unknown as { readonly _parent?: Socket | null };
  if (!_parent) throw new Error('Node keeps the socket under TLS somewhere else now');
  return _parent;
}
