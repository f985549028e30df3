import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** The time limit for one command of a page, below the time limit of a test. The slowest command is a build. */
const PATIENCE_MS = 280_000;

/**
 * Configures the loopback interface of the new network, and then starts a shell that stops at the
 * first failed command. The system must not give the ports of the servers in the documentation to
 * outgoing connections.
 */
const SHELL = [
  'ip link set lo up',
  'echo 50051-50060 >/proc/sys/net/ipv4/ip_local_reserved_ports',
  'exec bash --noprofile --norc',
].join(' && ');

/**
 * A shell in a separate network namespace, in which localhost:50051 of the documentation is free.
 * Background commands run next to later commands, as in other windows, and end with the shell.
 */
export class Terminal {
  /** The output of all commands so far. */
  output = '';
  private wake: () => void = () => {};
  private hasExited = false;
  private commands = 0;
  /** The length of the output when a command was last started or stopped. */
  private before = 0;

  private constructor(private readonly shell: ChildProcess) {
    for (const stream of [shell.stdout, shell.stderr]) {
      stream!.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.wake();
      });
    }
    shell.on('close', () => {
      this.hasExited = true;
      this.wake();
    });
    // Each job has its own process group, which Ctrl-C reaches.
    this.type('set -em; left=()');
  }

  static start(folder: string, path: string): Terminal {
    const args = ['--net', '--pid', '--fork', '--kill-child', 'bash', '-c', SHELL];
    const env = { PATH: `${path}:${process.env.PATH}`, HOME: folder, NO_COLOR: '1' };
    return new Terminal(spawn('unshare', args, { cwd: folder, env }));
  }

  /** A process in the network of the shell, for programs that join it. */
  get pid(): number {
    return this.shell.pid!;
  }

  /** Runs commands to completion. Throws an error if one fails. */
  async run(commands: string): Promise<void> {
    const done = `-- command ${++this.commands} is done --`;
    this.begin(`{\n${commands}\n} </dev/null\necho '${done}'`);
    await this.says([done]);
  }

  /** Starts commands in the background. */
  leave(commands: string): void {
    this.begin(`(\n${commands}\n) </dev/null &\nleft+=($!)`);
  }

  /** Sends Ctrl-C to the last background job. */
  interrupt(): void {
    this.begin('kill -INT -- -$!');
  }

  /** Excludes the current background jobs from later interrupts. */
  keepWhatWasLeft(): void {
    this.type('left=()');
  }

  /** Sends Ctrl-C to all background jobs that are not excluded. */
  interruptWhatWasLeft(): void {
    this.begin('for job in "${left[@]}"; do kill -INT -- -$job || true; done; left=()');
  }

  /**
   * Waits until all of these lines were written, in this order, since the last commands. Three dots
   * match any text.
   */
  async says(lines: readonly string[]): Promise<void> {
    const anywhere = lines.map((line) => line.split('...').map(literally).join('.*'));
    const pattern = new RegExp(anywhere.join('[^]*?'));
    await this.until(() => pattern.test(this.output.slice(this.before)), lines.join('\n'));
  }

  async close(): Promise<void> {
    if (this.hasExited) return;
    this.shell.kill('SIGKILL');
    await once(this.shell, 'close');
  }

  private begin(commands: string): void {
    this.before = this.output.length;
    this.type(commands);
  }

  private type(commands: string): void {
    this.shell.stdin!.write(`${commands}\n`);
  }

  private async until(holds: () => boolean, what: string): Promise<void> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.wake();
    }, PATIENCE_MS);
    while (!holds()) {
      if (this.hasExited || isLate) {
        throw new Error(`expected this:\n${what}\nand there was this:\n${this.output}`);
      }
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    clearTimeout(timer);
  }
}

/** Returns a pattern that matches exactly this text. */
function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
