import { Logger, type LoggerService } from '@nestjs/common';

/** What a log must not hold: control characters and halves of surrogate pairs, other than the lines of a stack. */
const UNSAFE = /[^\n\t\P{Cc}]|\p{Cs}/u;

/** Notices errors that nobody caught, errors in the log, and text in the log that is not escaped. */
export class Faults implements LoggerService {
  private readonly found: string[] = [];
  private onCrash: (error: Error) => void = () => {};

  /** From now on this is the log of the process. */
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

  /** Waits for a result, or fails at once when an error was not caught that would have ended the server. */
  guard<T>(result: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.onCrash = reject;
      result.then(resolve, reject);
    });
  }

  /** What was found since the last time. */
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
