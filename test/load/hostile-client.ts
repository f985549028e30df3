import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { tokenOf } from './grpc-clients.js';

export type Attack = 'commands' | 'subscriptions' | 'pages' | 'batches' | 'flood';

/** The number of its calls that succeeded, and that failed. */
export interface Struck {
  readonly served: number;
  readonly refused: number;
}

/**
 * A client that calls as fast as it can, in a separate process with a lower priority than the
 * server.
 */
export class HostileClient {
  private readonly lines: AsyncIterator<string>;

  private constructor(private readonly child: ChildProcessWithoutNullStreams) {
    this.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  static async start(port: number, attack: Attack): Promise<HostileClient> {
    const script = fileURLToPath(new URL('hostile.js', import.meta.url));
    const args = [script, String(port), await tokenOf('mallory'), attack];
    const child = spawn('nice', ['-n', '10', process.execPath, ...args]);
    child.stderr.pipe(process.stderr);
    const client = new HostileClient(child);
    await client.lines.next();
    return client;
  }

  go(): void {
    this.child.stdin.write('go\n');
  }

  async stop(): Promise<Struck> {
    this.child.stdin.write('stop\n');
    const line: IteratorResult<string, unknown> = await this.lines.next();
    return JSON.parse(String(line.value)) as Struck;
  }

  async end(): Promise<void> {
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}
