import type { LoggerService } from '@nestjs/common';
import { pino } from 'pino';
import { logLevelNames, type LogFormatName, type LogLevelName } from '../config/log-level.js';
import { LogOutput, type Writable } from './log-output.js';

export interface LogOptions {
  /** The lowest level that is written. */
  readonly level: LogLevelName;
  readonly format: LogFormatName;
}

/** The levels of pino: 60 is the most severe, and each level below it has ten less. */
const LEVELS = Object.fromEntries(logLevelNames.map((name, i) => [name, 60 - 10 * i])) as Readonly<
  Record<LogLevelName, number>
>;

/** The context with which Nest logs an error of the start, with its stack, before it throws the error again. */
const START_ERROR_CONTEXT = 'ExceptionHandler';

/**
 * Writes all log entries of Nest, of this service and of libraries. Entries go to pino with the context of the logger
 * and the fields of an optional object: `logger.debug('A session began', { requestId })`.
 */
export class PinoLoggerService implements LoggerService {
  private readonly entries: pino.Logger<LogLevelName, true>;

  /** `outputs` are the standard streams of the process, except in tests. */
  constructor(
    { level, format }: LogOptions,
    outputs: { readonly stdout: Writable; readonly stderr: Writable } = process,
  ) {
    const options = {
      level,
      customLevels: LEVELS,
      useOnlyCustomLevels: true,
      base: { pid: process.pid },
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label: string) => ({ level: label }) },
    } as const;
    // The output of pino ignores a closed reader, but `ProcessShutdown` must notice it.
    this.entries = pino<LogLevelName, true>(options, new LogOutput(format, outputs, LEVELS.error));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Skips errors of the start: `serve` prints each of them once, without a stack if possible. */
  error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) !== START_ERROR_CONTEXT) this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('verbose', message, rest);
  }

  /** Nest passes the context as the last argument. Fields or the stack of an error may come before it. */
  private write(level: LogLevelName, message: unknown, rest: readonly unknown[]): void {
    if (!this.entries.isLevelEnabled(level)) return;
    const texts = rest.filter((part) => typeof part === 'string');
    const context = texts.pop();
    const [stack] = texts;
    const fields = rest.filter((part) => typeof part === 'object');
    this.entries[level](Object.assign({ context, stack }, ...fields), textOf(message));
  }
}

function textOf(message: unknown): string {
  if (message instanceof Error) return message.stack ?? message.message;
  return typeof message === 'string' ? message : JSON.stringify(message);
}
