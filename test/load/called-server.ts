import type { Metadata } from '@grpc/grpc-js';
import { metadataOf, newClient } from './grpc-clients.js';
import { startGrpcServer, type GrpcServer } from './grpc-server.js';
import { progress } from './progress.js';
import type { ServerProcess } from './server-process.js';

const CONNECTIONS = 4;
const IN_FLIGHT = 16;
const WARM_UP_SECONDS = 5;

/** Makes the nth call of its caller. */
export type Call = (n: number) => Promise<unknown>;

/** Prepares a caller, which has the token of its own user. */
export type Prepare = (
  client: ReturnType<typeof newClient>,
  metadata: Metadata,
  caller: number,
) => Call | Promise<Call>;

export interface Run {
  readonly calls: number;
  readonly cpu: number;
  readonly wall: number;
}

export interface UnaryLoad {
  readonly seconds: number;
  readonly runs: number;
}

/** A server that is called as fast as a few connections allow, and the cost of these calls. */
export class CalledServer {
  readonly runs: Run[] = [];

  private constructor(
    readonly name: string,
    private readonly server: ServerProcess,
    private readonly clients: readonly ReturnType<typeof newClient>[],
    private readonly calls: readonly Call[],
  ) {}

  static async start(target: GrpcServer, prepare: Prepare): Promise<CalledServer> {
    const server = await startGrpcServer(target);
    const clients = Array.from({ length: CONNECTIONS }, () => newClient(server.port));
    const calls = await Promise.all(
      Array.from({ length: CONNECTIONS * IN_FLIGHT }, async (_, i) =>
        prepare(clients[i % CONNECTIONS]!, await metadataOf(`user-${i}`), i),
      ),
    );
    return new CalledServer(target.name, server, clients, calls);
  }

  /**
   * Calls the running servers alternately for some seconds each, because the speed of a machine
   * varies over time.
   */
  static async inTurns(servers: readonly CalledServer[], load: UnaryLoad): Promise<void> {
    progress('warming up');
    for (const server of servers) await server.run(WARM_UP_SECONDS);
    for (let i = 1; i <= load.runs; i++) {
      for (const server of servers) {
        progress(`${server.name}: run ${i} of ${load.runs}`);
        server.runs.push(await server.run(load.seconds));
      }
    }
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.close();
    await this.server.stop();
  }

  private async run(seconds: number): Promise<Run> {
    const cpu = this.server.usage().cpuSeconds;
    const start = performance.now();
    let calls = 0;
    await Promise.all(
      this.calls.map(async (call) => {
        for (let n = 0; performance.now() - start < seconds * 1000; n++, calls++) await call(n);
      }),
    );
    const wall = (performance.now() - start) / 1000;
    return { calls, cpu: this.server.usage().cpuSeconds - cpu, wall };
  }
}
