import type { ChildProcess } from 'node:child_process';

/** The output of the server, or of Node itself, for an uncaught error. */
const UNCAUGHT = /uncaught error|\(node:internal\/process\/promises|^Uncaught |unhandledRejection/m;

/**
 * A program in a child process. If it ends with an uncaught error, the test file that started it
 * fails.
 */
export class ChildProgram {
  /** Whether the test expects that it ends with an uncaught error. */
  mayFail = false;
  /** The complete output so far. */
  output = '';
  /** The part of the output that was written to standard output. */
  stdout = '';
  /** The part of the output that was written to standard error. */
  stderr = '';
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  private wake: () => void = () => {};
  private hasExited = false;

  constructor(private readonly child: ChildProcess) {
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this[name] += text;
        this.wake();
      });
    }
    this.exited = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        this.hasExited = true;
        if (UNCAUGHT.test(this.output) && !this.mayFail) failTestFile(this.output);
        resolve({ code, signal });
        this.wake();
      });
    });
  }

  /** Waits until the output matches the pattern. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.output);
      if (found !== null) return found;
      if (this.hasExited) throw new Error(`the program has ended and said: ${this.output}`);
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  get pid(): number {
    return this.child.pid!;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Writes text to the standard input of the program. */
  type(text: string): void {
    this.child.stdin!.write(text);
  }

  /** Stops reading the standard output of the program permanently. */
  closeOutput(): void {
    this.child.stdout!.destroy();
  }

  /** Kills the program if it still runs. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}

/** Vitest fails a run with an unhandled rejection, even after the test that caused it has ended. */
function failTestFile(output: string): void {
  void Promise.reject(new Error(`a program ended by an uncaught error:\n${output}`));
}
