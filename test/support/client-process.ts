import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Begins a session with an empty request and then prints one line. */
const PROGRAM = `
  import { Client, credentials, Metadata } from '@grpc/grpc-js';
  const [address, token] = process.argv.slice(1);
  const metadata = new Metadata();
  metadata.set('authorization', 'Bearer ' + token);
  new Client(address, credentials.createInsecure())
    .makeServerStreamRequest(
      '/presence.v1.SessionService/Connect',
      (request) => request,
      () => console.log('started'),
      Buffer.alloc(0),
      metadata,
    )
    .on('data', () => {})
    .on('error', () => {});
`;

/**
 * A client in a separate process, for faults that a client cannot simulate in its own process. It
 * has a session from the start.
 */
export class ClientProcess {
  private constructor(private readonly child: ChildProcess) {}

  /** `prefix` is a command that runs another command, for example in another network. */
  static async start(
    address: string,
    token: string,
    prefix: readonly string[] = [],
  ): Promise<ClientProcess> {
    const args = ['--input-type=module', '--eval', PROGRAM, address, token];
    const [command = '', ...rest] = [...prefix, process.execPath, ...args];
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    return new ClientProcess(child);
  }

  /**
   * `SIGKILL` ends the process without a graceful close. `SIGSTOP` leaves its connection open but
   * silent.
   */
  signal(signal: 'SIGKILL' | 'SIGSTOP'): void {
    this.child.kill(signal);
  }
}
