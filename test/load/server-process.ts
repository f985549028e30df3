import { spawn, type ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { usageOf, type Usage } from '../support/process-usage.js';
import { freePort } from '../support/free-port.js';

/** A server under load, in a separate process. The operating system provides its resource usage. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  /** Starts the server and waits until it accepts connections. */
  static async start(
    command: (port: number) => {
      readonly file: string;
      readonly args: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
    },
  ): Promise<ServerProcess> {
    const port = await freePort();
    const { file, args, env } = command(port);
    const child = spawn(file, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const server = new ServerProcess(child, port);
    await server.isReachable();
    return server;
  }

  usage(): Usage {
    return usageOf(this.child.pid!);
  }

  /** Ends the server. A profile is written only on a graceful stop. */
  stop(): Promise<void> {
    return this.kill(process.env['PROFILE'] ? 'SIGTERM' : 'SIGKILL');
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill(signal);
    await ended;
  }

  private async isReachable(): Promise<void> {
    // Some servers first create a million users.
    for (let attempt = 0; attempt < 2000; attempt++) {
      if (this.child.exitCode !== null) throw new Error(`${this.child.spawnfile} ended at once`);
      if (await takesConnections(this.port)) return;
      await sleep(50);
    }
    throw new Error(`${this.child.spawnfile} takes no connections`);
  }
}

async function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.unref();
    socket.once('connect', () => socket.destroy());
  });
}
