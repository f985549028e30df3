import { constants } from 'node:os';

/** What the operating system is told. A second signal ends the process with 128 and its number, as shells count. */
export const ExitCode = {
  /** A signal asked for the end, and all went in order. */
  STOPPED: 0,
  /** The server never served: settings, addresses or Redis cannot be used. Starting again will not help by itself. */
  CANNOT_START: 1,
  /** Something happened that nobody foresaw. */
  FAILED: 2,
} as const;

type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** npm passes on what the terminal has told the server already: a signal that comes so soon is the same one. */
const SAME_SIGNAL_MS = 500;

/** Where a `ProcessShutdown` writes what it has to say. */
interface Report {
  warn(sentence: string): void;
  fatal(sentence: string): void;
}

/** For the time before there is a log. */
const STANDARD_ERROR: Report = { warn: writeLine, fatal: writeLine };

/**
 * The one way out of the process, whatever the reason: what is open is stopped in order and within bounds, and then the
 * process is gone. After an error that nobody caught nothing is known of its state, so it does not go on either.
 *
 * This file imports nothing but Node's own modules, so that an entry point can watch before it loads the server.
 */
export class ProcessShutdown {
  private static ofThisProcess: ProcessShutdown | undefined;
  private report = STANDARD_ERROR;
  private stop: () => Promise<void> = () => Promise.resolve();
  private stopsWithinMs = 0;
  private begunAt: number | undefined;
  private code: ExitCode = ExitCode.STOPPED;

  private constructor() {}

  /**
   * Handles signals and uncaught errors from now on. Entry points call it first of all: the kernel drops a signal for
   * process 1 of a container as long as the process has no handler for it. Every call returns the same object.
   */
  static watch(): ProcessShutdown {
    if (this.ofThisProcess === undefined) {
      this.ofThisProcess = new ProcessShutdown();
      this.ofThisProcess.handleSignalsAndErrors();
    }
    return this.ofThisProcess;
  }

  /** Whether the process is about to end. */
  get isShuttingDown(): boolean {
    return this.begunAt !== undefined;
  }

  /** Writes to this log from now on. */
  reportTo(log: Report): void {
    this.report = log;
  }

  /** Takes over from Node, which would end without a word to clients. */
  private handleSignalsAndErrors(): void {
    for (const signal of SIGNALS) process.on(signal, () => this.onSignal(signal));
    // Rejections that nobody handles come as exceptions, too.
    process.on('uncaughtException', (error, origin) => {
      this.fail(`an error that nobody caught (${origin}): ${stackOf(error)}`);
    });
    for (const output of [process.stdout, process.stderr]) {
      output.on('error', ({ code }: NodeJS.ErrnoException) => {
        // A disk that is full may have room again. A reader that has gone will not come back: with the next process, one will.
        if (code === 'EPIPE') this.fail('nobody reads the log any more');
      });
    }
  }

  /** From now on the end is to stop this first, and to wait for it no longer than that. */
  onShutdown(stop: () => Promise<void>, withinMs: number): void {
    this.stop = stop;
    this.stopsWithinMs = withinMs;
  }

  private onSignal(signal: (typeof SIGNALS)[number]): void {
    if (this.begunAt === undefined) return this.begin();
    if (performance.now() - this.begunAt < SAME_SIGNAL_MS) return;
    this.report.warn(`${signal} came again: ending at once`);
    process.exit(128 + constants.signals[signal]);
  }

  /** The first reason is told. What follows from it, or from stopping in that state, would only bury it. */
  private fail(reason: string): void {
    if (this.code === ExitCode.FAILED) return;
    this.code = ExitCode.FAILED;
    this.report.fatal(`The server ends: ${reason}`);
    if (!this.isShuttingDown) this.begin();
  }

  private begin(): void {
    this.begunAt = performance.now();
    setTimeout(() => {
      this.fail(`it did not stop in order within ${this.stopsWithinMs} ms`);
      process.exit(this.code);
    }, this.stopsWithinMs);
    this.stop().then(
      () => process.exit(this.code),
      (error: unknown) => {
        this.fail(`it could not stop in order: ${stackOf(error)}`);
        process.exit(this.code);
      },
    );
  }
}

function writeLine(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
