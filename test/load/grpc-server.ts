import { SECRET } from './grpc-clients.js';
import { ServerProcess } from './server-process.js';

export interface GrpcServer {
  readonly name: string;
  /** A script that serves gRPC on GRPC_URL. */
  readonly script: string;
  readonly env?: Readonly<Record<string, string>>;
}

export const PRESENCE_SERVICE: GrpcServer = { name: 'Presence service', script: 'dist/main.js' };
export const PLAIN_NEST: GrpcServer = {
  name: 'Plain Nest',
  script: 'build/test/load/servers/plain-nest.js',
};
export const BARE_GRPC: GrpcServer = {
  name: 'Bare grpc-js',
  script: 'build/test/load/servers/bare-grpc.js',
};

/** Starts the server. `PROFILE` holds options for its Node process, such as --cpu-prof. */
export function startGrpcServer({ script, env }: GrpcServer): Promise<ServerProcess> {
  const profile = process.env['PROFILE']?.split(' ') ?? [];
  return ServerProcess.start((port) => ({
    file: process.execPath,
    args: [...profile, script],
    env: {
      GRPC_URL: `127.0.0.1:${port}`,
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: '0',
      AUTH_JWT_SECRET: SECRET,
      MAX_SUBSCRIPTIONS_PER_USER: '100000',
      // A few callers stand for many. The limits are active, but too high to be reached.
      MAX_COMMANDS_PER_SECOND: '1000000',
      MAX_CALLS_PER_SECOND_PER_USER: '1000000',
      MAX_PRESENCES_PER_SECOND_PER_USER: '10000000',
      MAX_NEW_SESSIONS_PER_SECOND: '1000000',
      LOG_LEVEL: 'error',
      ...env,
    },
  }));
}
