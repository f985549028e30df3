import { styleText } from 'node:util';
import { safeLines, safeText } from '../text/safe-text.js';
import type { LogLevelName } from '../config/log-level.js';

interface Entry {
  readonly level: LogLevelName;
  /** The time in ISO 8601. */
  readonly time: string;
  readonly context?: string;
  readonly message: string;
  readonly stack?: string;
}

/**
 * The properties that are not printed as fields: they have their own position in the line, or the reader knows them
 * (the process id).
 */
const NO_FIELDS = ['level', 'time', 'pid', 'context', 'message', 'stack'];

const COLOURS = {
  fatal: 'red',
  error: 'red',
  warn: 'yellow',
  info: 'green',
  debug: 'magenta',
  verbose: 'cyan',
} as const satisfies Record<LogLevelName, string>;

/**
 * Formats a JSON log entry as a line for people: time, level, context, message and fields. Not with pino-pretty: it
 * prints control characters and line breaks of a message as they are, so a client could forge log lines.
 */
export function textOfEntry(json: string, isColoured: boolean): string {
  const entry = JSON.parse(json) as Entry;
  const { level, time, context, message, stack } = entry;
  const label = level.toUpperCase();
  const fields = Object.entries(entry).filter(([name]) => !NO_FIELDS.includes(name));
  const parts = [
    time.slice(time.indexOf('T') + 1, -1),
    // By default `styleText` checks the standard output of the process, which may differ from this output.
    isColoured ? styleText(COLOURS[level], label, { validateStream: false }) : label,
    ...(context === undefined ? [] : [`[${context}]`]),
    safeLines(message),
    ...fields.map(([name, value]) => `${name}=${safeText(String(value))}`),
  ];
  return [parts.join(' '), ...(stack === undefined ? [] : [safeLines(stack)]), ''].join('\n');
}
