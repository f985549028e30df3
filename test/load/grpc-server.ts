import type { FixedLimits } from '../../src/config/fixed-limits.js';
import { SECRET } from './grpc-clients.js';
import { ServerProcess } from './server-process.js';

export interface GrpcServer {
  readonly name: string;
  /** A script that serves gRPC on GRPC_URL. */
  readonly script: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A few callers stand for many, so their sessions may start at any rate. */
export const PRESENCE_SERVICE: GrpcServer = {
  name: 'Presence service',
  script: 'test/support/start-server.mjs',
  args: ['dist', JSON.stringify({ newSessionsPerSecond: 0 } satisfies Partial<FixedLimits>)],
};
export const PLAIN_NEST: GrpcServer = {
  name: 'Plain Nest',
  script: 'build/test/load/servers/plain-nest.js',
};
export const BARE_GRPC: GrpcServer = {
  name: 'Bare grpc-js',
  script: 'build/test/load/servers/bare-grpc.js',
};

/** Starts the server. `PROFILE` holds options for its Node process, such as --cpu-prof. */
export function startGrpcServer({ script, args = [], env }: GrpcServer): Promise<ServerProcess> {
  const profile = process.env['PROFILE']?.split(' ') ?? [];
  return ServerProcess.start((port) => ({
    file: process.execPath,
    args: [...profile, script, ...args],
    env: {
      GRPC_URL: `127.0.0.1:${port}`,
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: '0',
      AUTH_JWT_SECRET: SECRET,
      MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '100000',
      // A few callers stand for many. The limits are active, but too high to be reached.
      MAX_COMMANDS_PER_SECOND_PER_SESSION_PER_NODE: '1000000',
      MAX_CALLS_PER_SECOND_PER_USER_PER_NODE: '1000000',
      MAX_PRESENCES_PER_SECOND_PER_USER_PER_NODE: '10000000',
      LOG_LEVEL: 'error',
      ...env,
    },
  }));
}
