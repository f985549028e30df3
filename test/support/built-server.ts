import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ChannelCredentials } from '@grpc/grpc-js';
import { build } from 'vite';
import { SECRET, tokenOf } from './service.js';
import { grpcChannel } from './channel.js';
import { ChildProgram } from './child-program.js';
import { Client } from './client.js';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** The program as it ships, compiled into a folder of its own. Types are checked elsewhere, once for all. */
export class Build {
  private constructor(readonly folder: string) {}

  static async make({ dashboard = false } = {}): Promise<Build> {
    const folder = await mkdtemp(join(tmpdir(), 'presence-'));
    await compile('client/tsconfig.build.json', join(folder, 'dist/client'));
    await compile('tsconfig.build.json', join(folder, 'dist'));
    const scripts = 'store/redis/lua';
    await cp(join(PROJECT, 'src', scripts), join(folder, 'dist', scripts), { recursive: true });
    for (const name of ['node_modules', 'package.json', 'proto']) {
      await symlink(join(PROJECT, name), join(folder, name));
    }
    if (dashboard) await buildDashboard(join(folder, 'dist/dashboard'));
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

  /** Runs `presence` with these arguments and nothing but these settings. */
  command(
    args: readonly string[],
    settings: Readonly<Record<string, string>> = {},
    wrap: (command: readonly string[]) => readonly string[] = (command) => command,
  ): ChildProgram {
    const [command, ...rest] = wrap([process.execPath, 'dist/cli/presence.js', ...args]);
    const env = { PATH: process.env.PATH, ...settings };
    return new ChildProgram(spawn(command!, rest, { cwd: this.folder, env }));
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}

function compile(project: string, outDir: string): Promise<unknown> {
  const compiler = join(PROJECT, 'node_modules/typescript/bin/tsc');
  const args = ['-p', join(PROJECT, project), '--outDir', outDir, '--noCheck'];
  return promisify(execFile)(process.execPath, [compiler, ...args]);
}

async function buildDashboard(outDir: string): Promise<void> {
  await build({ root: join(PROJECT, 'dashboard'), logLevel: 'warn', build: { outDir } });
}

/** A server in a process of its own. */
export class ServerProcess extends ChildProgram {
  grpcAddress = '';
  httpUrl = '';
  private readonly clients: Client[] = [];

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

  override async kill(): Promise<void> {
    for (const client of this.clients) client.close();
    await super.kill();
  }
}
