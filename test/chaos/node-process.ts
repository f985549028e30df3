import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FaultyLink } from './faulty-link.js';
import { SECRET } from './tokens.js';

/** A port that nobody can listen on: a node has a new one each time it starts. */
const NOWHERE = 0;

const STARTS_WITHIN_MS = 30_000;

/** On a machine that is very busy a start may find Redis too slow to answer. */
const MOST_STARTS = 3;

const CLOCK = fileURLToPath(new URL('wrong-clock.js', import.meta.url));

export interface NodeOptions {
  /** Where the built service is. */
  readonly folder: string;
  /** Undefined: it keeps everything in memory, alone. */
  readonly redisPort: number | undefined;
  readonly settings: Readonly<Record<string, string>>;
  /** Milliseconds by which its clock differs from that of the machine. Undefined: it has the clock of the machine. */
  readonly clockOffsetMs: number | undefined;
}

/** One node: a process, its network to Redis, and the ones that its clients have to it over gRPC and HTTP. */
export class NodeProcess {
  /** All that it has written, over all its lives. */
  output = '';
  /** Where health and figures are, in this life. */
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

  /** Where clients find it over gRPC. */
  get address(): string {
    return this.clientLink.address;
  }

  get pid(): number {
    return this.child!.pid!;
  }

  /** Resolves when it serves. Tries again when it ends before that, as what runs it in production does. */
  async start(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.startOnce();
      } catch (error) {
        if (tries === MOST_STARTS) throw error;
      }
    }
  }

  private async startOnce(): Promise<void> {
    const { folder, redisPort } = this.options;
    const hasOwnClock = this.clockOffsetMs !== undefined;
    const preload = hasOwnClock ? ['--import', CLOCK] : [];
    const child = spawn(process.execPath, [...preload, join(folder, 'main.js')], {
      stdio: ['ignore', 'pipe', 'pipe', ...(hasOwnClock ? (['ipc'] as const) : [])],
      env: {
        PATH: process.env.PATH,
        GRPC_URL: '127.0.0.1:0',
        HTTP_HOST: '127.0.0.1',
        HTTP_PORT: '0',
        AUTH_JWT_SECRET: SECRET,
        ...(redisPort !== undefined && { REDIS_URL: `redis://127.0.0.1:${this.redisLink.port}` }),
        ...(hasOwnClock && { CHAOS_CLOCK_OFFSET_MS: String(this.clockOffsetMs) }),
        MAX_SUBSCRIPTIONS_PER_USER: '1000',
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

  /** Sets the clock, at once and for the lives to come. Only of a node that began with a clock of its own. */
  setClock(offsetMs: number): void {
    this.clockOffsetMs = offsetMs;
    this.child!.send({ clockOffsetMs: offsetMs });
  }

  /** Takes effect with the next start. */
  change(settings: Readonly<Record<string, string>>): void {
    this.settings = { ...this.settings, ...settings };
  }

  /** Ends the connections of all clients. */
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
