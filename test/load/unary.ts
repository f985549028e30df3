import {
  JoinChannelRequest,
  JoinChannelResponse,
} from '../../src/grpc/generated/presence/v1/presence_service.pb.js';
import { call, connect, metadataOf, newClient } from './grpc-clients.js';
import { BARE_GRPC, startGrpcServer, type GrpcServer } from './grpc-server.js';
import { median } from './median.js';
import { progress } from './progress.js';

const CONNECTIONS = 4;
const IN_FLIGHT = 16;
const WARM_UP_SECONDS = 3;

export interface UnaryLoad {
  readonly seconds: number;
  readonly runs: number;
}

export interface UnaryResult {
  readonly name: string;
  readonly callsPerCpuSecond: number;
  readonly cpuMicrosPerCall: number;
  readonly callsPerSecond: number;
}

/** JoinChannel as fast as a few connections can, every call a move into another channel. */
export async function measureUnary(target: GrpcServer, load: UnaryLoad): Promise<UnaryResult> {
  const server = await startGrpcServer(target);
  try {
    const callers = await Promise.all(
      Array.from({ length: CONNECTIONS * IN_FLIGHT }, async (_, i) => {
        const client = clients(server.port, i % CONNECTIONS);
        const metadata = await metadataOf(`user-${i}`);
        // The bare server has no sessions.
        const sessionId =
          target === BARE_GRPC ? `session-${i}-of-bench` : await connect(client, metadata);
        return { client, metadata, sessionId };
      }),
    );
    const run = async (seconds: number): Promise<{ calls: number; cpu: number; wall: number }> => {
      const cpu = server.usage().cpuSeconds;
      const start = performance.now();
      let calls = 0;
      await Promise.all(
        callers.map(async ({ client, metadata, sessionId }) => {
          for (let i = 0; performance.now() - start < seconds * 1000; i++, calls++) {
            await call(
              client,
              'PresenceService/JoinChannel',
              JoinChannelRequest,
              JoinChannelResponse,
              { sessionId, channelId: `channel-${i % 10}` },
              metadata,
            );
          }
        }),
      );
      const wall = (performance.now() - start) / 1000;
      return { calls, cpu: server.usage().cpuSeconds - cpu, wall };
    };
    progress(`${target.name}: warming up`);
    await run(WARM_UP_SECONDS);
    const runs = [];
    for (let i = 1; i <= load.runs; i++) {
      progress(`${target.name}: run ${i} of ${load.runs}`);
      runs.push(await run(load.seconds));
    }
    return {
      name: target.name,
      callsPerCpuSecond: median(runs.map(({ calls, cpu }) => calls / cpu)),
      cpuMicrosPerCall: median(runs.map(({ calls, cpu }) => (cpu / calls) * 1e6)),
      callsPerSecond: median(runs.map(({ calls, wall }) => calls / wall)),
    };
  } finally {
    for (const client of pool.splice(0)) client.close();
    await server.stop();
  }
}

const pool: ReturnType<typeof newClient>[] = [];

function clients(port: number, i: number): ReturnType<typeof newClient> {
  return (pool[i] ??= newClient(port));
}
