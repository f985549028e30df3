import { spawn } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ChannelCredentials } from '@grpc/grpc-js';
import { SECRET, tokenOf, type TokenOptions } from './service.js';
import { grpcChannel } from './channel.js';
import { ChildProgram } from './child-program.js';
import { Client } from './client.js';
import type { FixedLimits } from '../../src/config/fixed-limits.js';
import { BESIDE_DIST, compiledProgram } from './compiled-program.js';

const START_SERVER = fileURLToPath(new URL('start-server.mjs', import.meta.url));

/** How the built server is started, besides its settings. */
export interface StartOptions {
  /** A command that runs the command in its arguments. */
  readonly wrapper?: readonly string[];
  /** Options of Node.js on the command line. */
  readonly nodeOptions?: readonly string[];
  /** Other values for limits that are not settings. */
  readonly fixed?: Partial<FixedLimits>;
}

/** The built program, in a separate working directory. */
export class Build {
  private constructor(readonly folder: string) {}

  static async make({ dashboard = true } = {}): Promise<Build> {
    const program = await compiledProgram();
    const folder = await mkdtemp(join(tmpdir(), 'presence-'));
    const dist = join(program, 'dist');
    if (dashboard) await symlink(dist, join(folder, 'dist'));
    else
      await cp(dist, join(folder, 'dist'), {
        recursive: true,
        filter: (path) => path !== join(dist, 'dashboard'),
      });
    for (const name of BESIDE_DIST) await symlink(join(program, name), join(folder, name));
    return new Build(folder);
  }

  /** Starts the server with only these settings, on free ports unless the settings name ports. */
  run(
    settings: Readonly<Record<string, string>> = {},
    { wrapper = [], nodeOptions = [], fixed }: StartOptions = {},
  ): ServerProcess {
    const program = fixed ? [START_SERVER, 'dist', JSON.stringify(fixed)] : ['dist/main.js'];
    const [command, ...args] = [...wrapper, process.execPath, ...nodeOptions, ...program];
    const child = spawn(command!, args, {
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

  /** Starts the server with a key for tokens, and waits until it serves. */
  async serve(
    settings: Readonly<Record<string, string>> = {},
    options: StartOptions = {},
  ): Promise<ServerProcess> {
    const server = this.run({ AUTH_JWT_SECRET: SECRET, ...settings }, options);
    await server.serving();
    return server;
  }

  /** Runs the `presence` command with these arguments and only these settings. */
  command(
    args: readonly string[],
    settings: Readonly<Record<string, string>> = {},
    wrap: (command: readonly string[]) => readonly string[] = (command) => command,
  ): ChildProgram {
    return this.program('cli/presence.js', args, settings, wrap);
  }

  /** Runs a program of the build with these arguments and only these settings. */
  program(
    path: string,
    args: readonly string[],
    settings: Readonly<Record<string, string>> = {},
    wrap: (command: readonly string[]) => readonly string[] = (command) => command,
  ): ChildProgram {
    const [command, ...rest] = wrap([process.execPath, `dist/${path}`, ...args]);
    const env = { PATH: process.env.PATH, ...settings };
    return new ChildProgram(spawn(command!, rest, { cwd: this.folder, env }));
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}

/** A server in a separate process. */
export class ServerProcess extends ChildProgram {
  grpcAddress = '';
  httpUrl = '';
  private readonly clients: Client[] = [];

  async serving(): Promise<void> {
    const [, grpc, http] = await this.says(/gRPC on (\S+), health on (\S+)\/health/);
    this.grpcAddress = grpc!;
    this.httpUrl = http!;
  }

  async client(userId: string, options: TokenOptions = {}): Promise<Client> {
    return this.clientWithToken(await tokenOf(userId, options));
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
