import type { LoggerService } from '@nestjs/common';
import { pino } from 'pino';
import { logLevelNames, type LogFormatName, type LogLevelName } from '../config/log-level.js';
import { LogOutput, type Writable } from './log-output.js';

export interface LogOptions {
  /** The least severe entries that are written. */
  readonly level: LogLevelName;
  readonly format: LogFormatName;
}

/** As pino counts: 60 is the gravest, each level below it has ten less. */
const LEVELS = Object.fromEntries(logLevelNames.map((name, i) => [name, 60 - 10 * i])) as Readonly<
  Record<LogLevelName, number>
>;

/** The name under which Nest logs an error of the start, with its stack, before it passes it on. */
const START_ERROR_CONTEXT = 'ExceptionHandler';

/**
 * What is behind every `Logger` of Nest, ours and those of libraries: the one way to log. What is said goes to pino with the
 * name of who says it, and with the fields of an object that comes along: `logger.debug('A session began', { requestId })`.
 */
export class PinoLoggerService implements LoggerService {
  private readonly entries: pino.Logger<LogLevelName, true>;

  /** The outputs are those of the process, but in tests. */
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
    // Not pino's own output, which takes a reader that has gone for nothing to worry about: see `ProcessShutdown`.
    this.entries = pino<LogLevelName, true>(options, new LogOutput(format, outputs, LEVELS.error));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Errors of the start are not repeated: `serve` tells each of them once, and in sentences where it can. */
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

  /** Nest puts the name of who speaks last; between it and the message there may be fields, or the stack of an error. */
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
