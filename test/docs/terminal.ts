import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** How long anything that a page shows may take. The slowest is a build. */
const PATIENCE_MS = 150_000;

/** What brings up a network of one's own, then a shell that stops at the first command that fails. */
const SHELL = `ip link set lo up && exec bash --noprofile --norc`;

/**
 * A shell in a network of its own: what the documentation says of localhost:50051 is so in there, and nobody else is
 * there. What is left running goes on beside what comes after it, as in other windows, and ends with the shell.
 */
export class Terminal {
  /** All that was written so far, by whatever runs. */
  output = '';
  private wake: () => void = () => {};
  private hasExited = false;
  private commands = 0;
  /** How much had been written when something was last begun or stopped. */
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
    // Each job in a group of processes of its own, which Ctrl-C reaches.
    this.type('set -em; left=()');
  }

  static start(folder: string, path: string): Terminal {
    const args = ['--net', '--pid', '--fork', '--kill-child', 'bash', '-c', SHELL];
    const env = { PATH: `${path}:${process.env.PATH}`, HOME: folder, NO_COLOR: '1' };
    return new Terminal(spawn('unshare', args, { cwd: folder, env }));
  }

  /** Runs commands to their end. Throws when one fails. */
  async run(commands: string): Promise<void> {
    const done = `-- command ${++this.commands} is done --`;
    this.begin(`{\n${commands}\n} </dev/null\necho '${done}'`);
    await this.says([done]);
  }

  /** Begins commands that go on beside what comes next. */
  leave(commands: string): void {
    this.begin(`(\n${commands}\n) </dev/null &\nleft+=($!)`);
  }

  /** Ctrl-C, where what was left last runs. */
  interrupt(): void {
    this.begin('kill -INT -- -$!');
  }

  /** Leaves what was left so far alone from now on. */
  keepWhatWasLeft(): void {
    this.type('left=()');
  }

  /** Ctrl-C, wherever something that was left runs. */
  interruptWhatWasLeft(): void {
    this.begin('for job in "${left[@]}"; do kill -INT -- -$job || true; done; left=()');
  }

  /** Waits until all of these lines were written, in this order, since the last commands. Three dots stand for anything. */
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

/** A pattern for this text and no other. */
function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
