import {
  JoinChannelRequest,
  JoinChannelResponse,
} from '../../src/grpc/generated/presence/v1/presence_service.pb.js';
import { call, connect, metadataOf, newClient } from './grpc-clients.js';
import { BARE_GRPC, PRESENCE_SERVICE, startGrpcServer, type GrpcServer } from './grpc-server.js';
import { median } from './median.js';
import { progress } from './progress.js';
import type { ServerProcess } from './server-process.js';

const CONNECTIONS = 4;
const IN_FLIGHT = 16;
const WARM_UP_SECONDS = 5;

export interface UnaryLoad {
  readonly seconds: number;
  readonly runs: number;
}

export interface UnaryResult {
  readonly name: string;
  readonly callsPerCpuSecond: number;
  readonly cpuMicrosPerCall: number;
  readonly callsPerSecond: number;
  /** How many calls it takes for one of the bare handler, with the same processor time: from pairs of runs. */
  readonly ofBareHandler: number;
}

interface Run {
  readonly calls: number;
  readonly cpu: number;
  readonly wall: number;
}

/**
 * JoinChannel as fast as a few connections can, every call a move into another channel. Both servers are up all the
 * time and are called in turns of some seconds, since machines differ from minute to minute.
 */
export async function measureUnary(load: UnaryLoad): Promise<readonly UnaryResult[]> {
  const bare = await Contestant.start(BARE_GRPC);
  const service = await Contestant.start(PRESENCE_SERVICE);
  const contestants = [bare, service];
  try {
    progress('warming up');
    for (const contestant of contestants) await contestant.run(WARM_UP_SECONDS);
    for (let i = 1; i <= load.runs; i++) {
      for (const contestant of contestants) {
        progress(`${contestant.name}: run ${i} of ${load.runs}`);
        contestant.runs.push(await contestant.run(load.seconds));
      }
    }
    return contestants.map((contestant) => contestant.resultBeside(bare));
  } finally {
    for (const contestant of contestants) await contestant.stop();
  }
}

interface Caller {
  readonly client: ReturnType<typeof newClient>;
  readonly metadata: Awaited<ReturnType<typeof metadataOf>>;
  readonly sessionId: string;
}

class Contestant {
  readonly runs: Run[] = [];

  private constructor(
    readonly name: string,
    private readonly server: ServerProcess,
    private readonly callers: readonly Caller[],
  ) {}

  static async start(target: GrpcServer): Promise<Contestant> {
    const server = await startGrpcServer(target);
    const clients = Array.from({ length: CONNECTIONS }, () => newClient(server.port));
    const callers = await Promise.all(
      Array.from({ length: CONNECTIONS * IN_FLIGHT }, async (_, i) => {
        const client = clients[i % CONNECTIONS]!;
        const metadata = await metadataOf(`user-${i}`);
        // The bare server has no sessions.
        const sessionId =
          target === BARE_GRPC ? `session-${i}-of-bench` : await connect(client, metadata);
        return { client, metadata, sessionId };
      }),
    );
    return new Contestant(target.name, server, callers);
  }

  async run(seconds: number): Promise<Run> {
    const cpu = this.server.usage().cpuSeconds;
    const start = performance.now();
    let calls = 0;
    await Promise.all(
      this.callers.map(async ({ client, metadata, sessionId }) => {
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
    return { calls, cpu: this.server.usage().cpuSeconds - cpu, wall };
  }

  resultBeside(bare: Contestant): UnaryResult {
    const rates = this.runs.map(({ calls, cpu }) => calls / cpu);
    return {
      name: this.name,
      callsPerCpuSecond: median(rates),
      cpuMicrosPerCall: median(rates.map((rate) => 1e6 / rate)),
      callsPerSecond: median(this.runs.map(({ calls, wall }) => calls / wall)),
      ofBareHandler: median(
        rates.map((rate, i) => (rate * bare.runs[i]!.cpu) / bare.runs[i]!.calls),
      ),
    };
  }

  async stop(): Promise<void> {
    for (const client of new Set(this.callers.map((caller) => caller.client))) client.close();
    await this.server.stop();
  }
}
