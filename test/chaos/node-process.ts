import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FixedLimits } from '../../src/config/fixed-limits.js';
import { FaultyLink } from './faulty-link.js';
import { SECRET } from './tokens.js';

/** A port on which no process can listen. A node gets a new port each time it starts. */
const NOWHERE = 0;

/** A process that is still not ready then is killed, as an orchestrator does. A machine with much other work needs long. */
const STARTS_WITHIN_MS = 60_000;

/** On a very busy machine, Redis may respond too slowly for a node to start. */
const MOST_STARTS = 3;

const START_SERVER = fileURLToPath(
  new URL('../../../test/support/start-server.mjs', import.meta.url),
);
const CLOCK = fileURLToPath(new URL('wrong-clock.js', import.meta.url));

export interface NodeOptions {
  /** The folder of the built service. */
  readonly folder: string;
  /** Undefined for a single node that keeps everything in memory. */
  readonly redisPort: number | undefined;
  readonly settings: Readonly<Record<string, string>>;
  /**
   * The offset of its wall clock from that of the machine, in milliseconds. Undefined if it uses
   * the clock of the machine.
   */
  readonly clockOffsetMs: number | undefined;
  /** The fixed limits that differ from those of a release. Undefined: none, and the node runs the main program. */
  readonly fixed: Partial<FixedLimits> | undefined;
}

/** One node: a process, its network link to Redis, and the links for its gRPC and HTTP clients. */
export class NodeProcess {
  /** The complete output since the first start. */
  output = '';
  /** The URL of health and metrics since the last start. */
  httpUrl = '';
  private child: ChildProcess | undefined;

  private settings: Readonly<Record<string, string>>;
  private clockOffsetMs: number | undefined;

  private constructor(
    readonly name: string,
    private readonly options: NodeOptions,
    readonly redisLink: FaultyLink,
    readonly clientLink: FaultyLink,
    readonly httpLink: FaultyLink,
  ) {
    this.settings = options.settings;
    this.clockOffsetMs = options.clockOffsetMs;
  }

  static async create(name: string, options: NodeOptions): Promise<NodeProcess> {
    const redisLink = await FaultyLink.to(options.redisPort ?? NOWHERE);
    const clientLink = await FaultyLink.to(NOWHERE);
    const httpLink = await FaultyLink.to(NOWHERE);
    return new NodeProcess(name, options, redisLink, clientLink, httpLink);
  }

  /** The address for gRPC clients. */
  get address(): string {
    return this.clientLink.address;
  }

  get pid(): number {
    return this.child!.pid!;
  }

  /**
   * Resolves when the node serves. Retries if the process ends before that, as an orchestrator
   * does.
   */
  async start(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.startOnce();
      } catch (error) {
        // Otherwise two processes could serve as one node.
        await this.ended('SIGKILL');
        if (tries === MOST_STARTS) throw error;
      }
    }
  }

  private async startOnce(): Promise<void> {
    const { folder, redisPort, fixed } = this.options;
    const hasOwnClock = this.clockOffsetMs !== undefined;
    const preload = hasOwnClock ? ['--import', CLOCK] : [];
    const program =
      fixed === undefined
        ? [join(folder, 'main.js')]
        : [START_SERVER, folder, JSON.stringify(fixed)];
    const child = spawn(process.execPath, [...preload, ...program], {
      stdio: ['ignore', 'pipe', 'pipe', ...(hasOwnClock ? (['ipc'] as const) : [])],
      env: {
        PATH: process.env.PATH,
        GRPC_URL: '127.0.0.1:0',
        HTTP_HOST: '127.0.0.1',
        HTTP_PORT: '0',
        AUTH_JWT_SECRET: SECRET,
        ...(redisPort !== undefined && { REDIS_URL: `redis://127.0.0.1:${this.redisLink.port}` }),
        ...(hasOwnClock && { CHAOS_CLOCK_OFFSET_MS: String(this.clockOffsetMs) }),
        MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '1000',
        LOG_LEVEL: 'debug',
        ...this.settings,
      },
    });
    this.child = child;
    await new Promise<void>((resolve, reject) => {
      const fail = (): void =>
        reject(new Error(`${this.name} did not start: ${this.output.slice(-2000)}`));
      const timer = setTimeout(fail, STARTS_WITHIN_MS);
      child.once('exit', fail);
      for (const stream of [child.stdout!, child.stderr!]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          this.output += text;
          const [, port, url] = /gRPC on \S+:(\d+), health on (\S+)\/health/.exec(text) ?? [];
          if (port === undefined) return;
          clearTimeout(timer);
          this.httpUrl = url!;
          this.clientLink.pointAt(Number(port));
          this.httpLink.pointAt(Number(new URL(url!).port));
          resolve();
        });
      }
    });
  }

  /**
   * Sets the clock, immediately and for later starts. Works only for a node that was started with a
   * clock offset.
   */
  setClock(offsetMs: number): void {
    this.clockOffsetMs = offsetMs;
    this.child!.send({ clockOffsetMs: offsetMs });
  }

  /** Changes settings from the next start on. */
  change(settings: Readonly<Record<string, string>>): void {
    this.settings = { ...this.settings, ...settings };
  }

  /** Closes the connections of all clients. */
  cutClients(): void {
    this.clientLink.cut();
    this.httpLink.cut();
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Resolves when the process has ended. */
  async ended(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await exit;
  }

  async remove(): Promise<void> {
    await this.ended('SIGKILL');
    this.redisLink.close();
    this.clientLink.close();
    this.httpLink.close();
  }
}
