import { afterAll, afterEach, beforeAll } from 'vitest';
import type { ConnectRequest } from '../../src/api/generated/presence/v1/session_service.pb.js';
import { Build, type ServerProcess } from './built-server.js';
import type { Client, OpenSession } from './client.js';
import { Commands } from './commands.js';
import { eventually } from './eventually.js';
import { SECRET, tokenOf } from './service.js';

/** The command line and a server that it calls. */
export class CommandLine {
  build!: Build;
  commands!: Commands;
  server!: ServerProcess;
  admin!: Client;
  private readonly sessions: OpenSession[] = [];

  /** The environment variables by which commands reach the server and sign tokens. */
  get settings(): Readonly<Record<string, string>> {
    return { PRESENCE_ADDRESS: this.server.grpcAddress, AUTH_JWT_SECRET: SECRET };
  }

  async start(serverSettings: Readonly<Record<string, string>>): Promise<void> {
    this.build = await Build.make();
    this.server = await this.build.serve({ DRAIN_TIMEOUT_MS: '100', ...serverSettings });
    this.commands = new Commands(this.build, this.settings);
    this.admin = this.server.clientWithToken(await tokenOf('admin', { isAdmin: true }));
  }

  /** Connects a user until the end of the test, unless the stream is cancelled before. */
  async online(client: Client, request: Partial<ConnectRequest> = {}): Promise<OpenSession> {
    const session = await client.connect(request);
    this.sessions.push(session);
    return session;
  }

  /** Ends all commands and sessions of a test. */
  async reset(): Promise<void> {
    await this.commands.killAll();
    for (const { stream } of this.sessions.splice(0)) stream.cancel();
    await eventually(async () => (await this.admin.listOnlineUsers()).totalSize, 0);
  }

  async stop(): Promise<void> {
    await this.server.kill();
    await this.build.remove();
  }
}

/**
 * Starts a server for the tests of the file or `describe`, with these settings. Each test begins
 * without users online.
 */
export function useCommandLine(serverSettings: Readonly<Record<string, string>> = {}): CommandLine {
  const line = new CommandLine();
  beforeAll(() => line.start(serverSettings));
  afterEach(() => line.reset());
  afterAll(() => line.stop());
  return line;
}
