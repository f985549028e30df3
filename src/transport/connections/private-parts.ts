import type { Http2SecureServer, Http2Server } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Server } from '@grpc/grpc-js';

/**
 * Returns the HTTP/2 servers of a listening gRPC server, one for each address. They are private in grpc-js; only this
 * file knows where they are.
 */
export function http2ServersOf(server: Server): readonly (Http2Server | Http2SecureServer)[] {
  const { http2Servers } = server as unknown as {
    readonly http2Servers?: ReadonlyMap<Http2Server | Http2SecureServer, unknown>;
  };
  if (http2Servers === undefined)
    throw new Error('this version of grpc-js does not have the expected internals');
  return [...http2Servers.keys()];
}

/**
 * Returns the accepted socket under a TLS socket. It is private in Node, and only it distinguishes two peers of a Unix
 * socket. Only this file knows where it is.
 */
export function socketUnderTls(socket: Socket | TLSSocket): Socket {
  const { _parent } = socket as unknown as { readonly _parent?: Socket | null };
  if (!_parent)
    throw new Error('this version of Node does not have the expected internals of TLS sockets');
  return _parent;
}
