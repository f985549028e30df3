import type { Http2SecureServer, Http2Server } from 'node:http2';
import type { Server } from '@grpc/grpc-js';

/**
 * Returns the HTTP/2 servers of a listening gRPC server, one for each address. They are private in grpc-js; only this
 * file knows where they are.
 */
export function http2ServersOf(server: Server): readonly (Http2Server | Http2SecureServer)[] {
  const { http2Servers } = server as unknown as {
    readonly http2Servers?: ReadonlyMap<Http2Server | Http2SecureServer, unknown>;
  };
  if (http2Servers === undefined) throw new Error('grpc-js keeps its servers somewhere else now');
  return [...http2Servers.keys()];
}
