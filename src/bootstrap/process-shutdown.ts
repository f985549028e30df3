import { constants } from 'node:os';

/** The exit codes of the process. A second signal ends the process with 128 plus the signal number, as shells do. */
export const ExitCode = {
  /** A signal stopped the server, and it stopped cleanly. */
  STOPPED: 0,
  /** The server could not start: settings, addresses or Redis cannot be used. A restart alone does not help. */
  CANNOT_START: 1,
  /** An unexpected error ended the server. */
  FAILED: 2,
} as const;

type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * npm forwards a signal that the terminal has already sent to the server. A second signal within this time in
 * milliseconds counts as the same one.
 */
const SAME_SIGNAL_MS = 500;

/** The log of a `ProcessShutdown`. */
interface Report {
  warn(sentence: string): void;
  fatal(sentence: string): void;
}

/** The log until the logger exists. */
const STANDARD_ERROR: Report = { warn: writeLine, fatal: writeLine };

/**
 * Ends the process, for any reason: open resources are closed cleanly within a time limit, then the process exits. It
 * also exits after an uncaught error, because its state is unknown.
 *
 * This file imports only modules of Node, so that an entry point can call `watch` before it loads the server.
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
   * Starts to handle signals and uncaught errors. Entry points call it first: the kernel drops a signal for process 1
   * of a container while the process has no handler for it. Every call returns the same object.
   */
  static watch(): ProcessShutdown {
    if (this.ofThisProcess === undefined) {
      this.ofThisProcess = new ProcessShutdown();
      this.ofThisProcess.handleSignalsAndErrors();
    }
    return this.ofThisProcess;
  }

  /** Whether the process is shutting down. */
  get isShuttingDown(): boolean {
    return this.begunAt !== undefined;
  }

  /** Sets the log. */
  reportTo(log: Report): void {
    this.report = log;
  }

  /** Replaces the handlers of Node, which would end the process without a status for the clients. */
  private handleSignalsAndErrors(): void {
    for (const signal of SIGNALS) process.on(signal, () => this.onSignal(signal));
    // Unhandled rejections also arrive here.
    process.on('uncaughtException', (error, origin) => {
      this.fail(`uncaught error (${origin}): ${stackOf(error)}`);
    });
    for (const output of [process.stdout, process.stderr]) {
      output.on('error', ({ code }: NodeJS.ErrnoException) => {
        // EPIPE means that the reader of the log has closed, which only a restart can fix. Other errors, such as a full
        // disk, may be temporary.
        if (code === 'EPIPE') this.fail('the output of the log is closed');
      });
    }
  }

  /** Sets the function that stops the server, and the time limit for it in milliseconds. */
  onShutdown(stop: () => Promise<void>, withinMs: number): void {
    this.stop = stop;
    this.stopsWithinMs = withinMs;
  }

  private onSignal(signal: (typeof SIGNALS)[number]): void {
    if (this.begunAt === undefined) return this.begin();
    if (performance.now() - this.begunAt < SAME_SIGNAL_MS) return;
    this.report.warn(`${signal} received again; exiting immediately`);
    process.exit(128 + constants.signals[signal]);
  }

  /** Reports only the first reason. Later errors are consequences of it and would hide it. */
  private fail(reason: string): void {
    if (this.code === ExitCode.FAILED) return;
    this.code = ExitCode.FAILED;
    this.report.fatal(`The server stops: ${reason}`);
    if (!this.isShuttingDown) this.begin();
  }

  private begin(): void {
    this.begunAt = performance.now();
    setTimeout(() => {
      this.fail(`the shutdown did not finish within ${this.stopsWithinMs} ms`);
      process.exit(this.code);
    }, this.stopsWithinMs);
    this.stop().then(
      () => process.exit(this.code),
      (error: unknown) => {
        this.fail(`the shutdown failed: ${stackOf(error)}`);
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
