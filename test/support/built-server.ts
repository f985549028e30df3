import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ChannelCredentials } from '@grpc/grpc-js';
import { SECRET, tokenOf } from './service.js';
import { grpcChannel } from './channel.js';
import { Client } from './client.js';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** The program as it ships, compiled into a folder of its own. */
export class Build {
  private constructor(readonly folder: string) {}

  static async make(): Promise<Build> {
    const folder = await mkdtemp(join(tmpdir(), 'presence-'));
    const compiler = join(PROJECT, 'node_modules/typescript/bin/tsc');
    const args = ['-p', join(PROJECT, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')];
    await promisify(execFile)(process.execPath, [compiler, ...args]);
    const scripts = 'store/redis/lua';
    await cp(join(PROJECT, 'src', scripts), join(folder, 'dist', scripts), { recursive: true });
    for (const name of ['node_modules', 'package.json', 'proto']) {
      await symlink(join(PROJECT, name), join(folder, name));
    }
    return new Build(folder);
  }

  /**
   * Runs it with nothing but these settings, on free ports unless they say otherwise. A wrapper is a command that runs
   * the one it is given.
   */
  run(
    settings: Readonly<Record<string, string>> = {},
    wrapper: readonly string[] = [],
  ): ServerProcess {
    const [command, ...args] = [...wrapper, process.execPath, 'dist/main.js'];
    const child = spawn(command, args, {
      cwd: this.folder,
      env: {
        PATH: process.env.PATH,
        GRPC_URL: '127.0.0.1:0',
        HTTP_HOST: '127.0.0.1',
        HTTP_PORT: '0',
        ...settings,
      },
    });
    return new ServerProcess(child);
  }

  /** Runs it with a key of tokens until it serves. */
  async serve(
    settings: Readonly<Record<string, string>> = {},
    wrapper: readonly string[] = [],
  ): Promise<ServerProcess> {
    const server = this.run({ AUTH_JWT_SECRET: SECRET, ...settings }, wrapper);
    await server.serving();
    return server;
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}

/** A server in a process of its own. */
export class ServerProcess {
  /** All that it has written so far. */
  output = '';
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  grpcAddress = '';
  httpUrl = '';
  private readonly clients: Client[] = [];
  private wake: () => void = () => {};
  private hasExited = false;

  constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.wake();
      });
    }
    this.exited = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        this.hasExited = true;
        resolve({ code, signal });
        this.wake();
      });
    });
  }

  /** Waits for something in the output. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.output);
      if (found !== null) return found;
      if (this.hasExited) throw new Error(`the server has ended and said: ${this.output}`);
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  async serving(): Promise<void> {
    const [, grpc, http] = await this.says(/gRPC on (\S+), health on (\S+)\/health/);
    this.grpcAddress = grpc!;
    this.httpUrl = http!;
  }

  async client(userId: string): Promise<Client> {
    return this.clientWithToken(await tokenOf(userId));
  }

  clientWithToken(token: string, security?: ChannelCredentials): Client {
    const client = new Client([this.grpcAddress], token, (at) => grpcChannel(at, security));
    this.clients.push(client);
    return client;
  }

  get pid(): number {
    return this.child.pid!;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Stops reading what it writes to standard output, for good. */
  closeOutput(): void {
    this.child.stdout!.destroy();
  }

  /** Ends it at once, if it still runs. */
  async kill(): Promise<void> {
    for (const client of this.clients) client.close();
    this.child.kill('SIGKILL');
    await this.exited;
  }
}
