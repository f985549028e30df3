import { Logger, type LoggerService } from '@nestjs/common';

/**
 * Text that a log must not contain: control characters and lone surrogates, except the line breaks
 * of a stack trace.
 */
const UNSAFE = /[^\n\t\P{Cc}]|\p{Cs}/u;

/** Detects uncaught errors, errors in the log, and unescaped text in the log. */
export class Faults implements LoggerService {
  private readonly found: string[] = [];
  private onCrash: (error: Error) => void = () => {};

  /** Becomes the log of the process. */
  start(): void {
    Logger.overrideLogger(this);
    process.on('uncaughtException', this.crash);
    process.on('unhandledRejection', this.crash);
  }

  stop(): void {
    Logger.overrideLogger(false);
    process.off('uncaughtException', this.crash);
    process.off('unhandledRejection', this.crash);
  }

  /** Waits for a result. Fails at once on an uncaught error that would have ended the server. */
  guard<T>(result: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.onCrash = reject;
      result.then(resolve, reject);
    });
  }

  /** Returns the first fault since the last call, or undefined. */
  take(): string | undefined {
    const [first] = this.found.splice(0);
    return first;
  }

  readonly error = (...parts: unknown[]): void => this.keep('ERROR', parts, true);
  readonly fatal = (...parts: unknown[]): void => this.keep('FATAL', parts, true);
  readonly warn = (...parts: unknown[]): void => this.keep('WARN', parts);
  readonly log = (...parts: unknown[]): void => this.keep('LOG', parts);
  readonly debug = (...parts: unknown[]): void => this.keep('DEBUG', parts);
  readonly verbose = (...parts: unknown[]): void => this.keep('VERBOSE', parts);

  private readonly crash = (error: unknown): void => {
    const text = `the process would have ended: ${String(error)}`;
    this.found.push(text);
    this.onCrash(new Error(text));
  };

  private keep(level: string, parts: readonly unknown[], isFault = false): void {
    const line = parts.map(String).join(' ');
    if (isFault) this.found.push(`${level} was logged: ${line}`);
    else if (UNSAFE.test(line)) this.found.push(`the log is not escaped: ${JSON.stringify(line)}`);
  }
}
