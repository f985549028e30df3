import type { ChildProcess } from 'node:child_process';

/** How the server, or Node itself, tells of an error that nobody caught. */
const UNCAUGHT =
  /an error that nobody caught|\(node:internal\/process\/promises|^Uncaught |unhandledRejection/m;

/** A program in a process of its own. One that ends by an error that nobody caught fails the test file that started it. */
export class ChildProgram {
  /** Whether the test makes it end by such an error. */
  mayFail = false;
  /** All that it has written so far. */
  output = '';
  /** What of that went to standard output. */
  stdout = '';
  /** What of that went to standard error. */
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

  /** Waits for something in the output. */
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

  /** Says something to it on standard input. */
  type(text: string): void {
    this.child.stdin!.write(text);
  }

  /** Stops reading what it writes to standard output, for good. */
  closeOutput(): void {
    this.child.stdout!.destroy();
  }

  /** Ends it at once, if it still runs. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}

/** Vitest fails a run with a rejection that nobody handles, also when the test that caused it is over. */
function failTestFile(output: string): void {
  void Promise.reject(new Error(`a program ended by an error that nobody caught:\n${output}`));
}
