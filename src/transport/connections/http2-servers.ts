import type { Http2SecureServer, Http2Server } from 'node:http2';
import type { Server } from '@grpc/grpc-js';

/**
 * The HTTP/2 servers under a gRPC server that listens: one for each address. grpc-js keeps them to itself; this is the
 * one file that knows where.
 */
export function http2ServersOf(server: Server): readonly (Http2Server | Http2SecureServer)[] {
  const { http2Servers } = server as unknown as {
    readonly http2Servers?: ReadonlyMap<Http2Server | Http2SecureServer, unknown>;
  };
  if (http2Servers === undefined) throw new Error('grpc-js keeps its servers somewhere else now');
  return [...http2Servers.keys()];
}
