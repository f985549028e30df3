import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { FaultyLink } from './faulty-link.js';
import { SECRET } from './tokens.js';

/** A port that nobody can listen on: a node has a new one each time it starts. */
const NOWHERE = 0;

const STARTS_WITHIN_MS = 30_000;

/** One node of the cluster: a process, its network to Redis, and the one its clients have to it. */
export class NodeProcess {
  /** All that it has written, over all its lives. */
  output = '';
  /** Where health and figures are, in this life. */
  httpUrl = '';
  private child: ChildProcess | undefined;

  private constructor(
    readonly name: string,
    private readonly folder: string,
    readonly redisLink: FaultyLink,
    readonly clientLink: FaultyLink,
    private readonly settings: Readonly<Record<string, string>>,
  ) {}

  static async create(
    name: string,
    folder: string,
    redisPort: number,
    settings: Readonly<Record<string, string>>,
  ): Promise<NodeProcess> {
    const redisLink = await FaultyLink.to(redisPort);
    const clientLink = await FaultyLink.to(NOWHERE);
    return new NodeProcess(name, folder, redisLink, clientLink, settings);
  }

  /** Where clients find it. */
  get address(): string {
    return this.clientLink.address;
  }

  get pid(): number {
    return this.child!.pid!;
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [join(this.folder, 'main.js')], {
      env: {
        PATH: process.env.PATH,
        GRPC_URL: '127.0.0.1:0',
        HTTP_HOST: '127.0.0.1',
        HTTP_PORT: '0',
        AUTH_JWT_SECRET: SECRET,
        REDIS_URL: `redis://127.0.0.1:${this.redisLink.port}`,
        MAX_SUBSCRIPTIONS_PER_USER: '1000',
        LOG_LEVEL: 'debug',
        ...this.settings,
      },
    });
    this.child = child;
    await new Promise<void>((resolve, reject) => {
      const fail = (): void => reject(new Error(`${this.name} did not start: ${this.output}`));
      const timer = setTimeout(fail, STARTS_WITHIN_MS);
      child.once('exit', fail);
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          this.output += text;
          const [, port, url] = /gRPC on \S+:(\d+), health on (\S+)\/health/.exec(text) ?? [];
          if (port === undefined) return;
          clearTimeout(timer);
          this.httpUrl = url!;
          this.clientLink.pointAt(Number(port));
          resolve();
        });
      }
    });
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
  }
}
