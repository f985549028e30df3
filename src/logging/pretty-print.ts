import { styleText } from 'node:util';
import { safeLines, safeText } from '../text/safe-text.js';
import type { LogLevelName } from '../config/log-level.js';

interface Entry {
  readonly level: LogLevelName;
  /** As ISO 8601 has it. */
  readonly time: string;
  readonly context?: string;
  readonly message: string;
  readonly stack?: string;
}

/** What has its place in a line, or none: whoever reads it knows which process that is. */
const NO_FIELDS = ['level', 'time', 'pid', 'context', 'message', 'stack'];

const COLOURS = {
  fatal: 'red',
  error: 'red',
  warn: 'yellow',
  info: 'green',
  debug: 'magenta',
  verbose: 'cyan',
} as const satisfies Record<LogLevelName, string>;

/** Says an entry in JSON in a line for people: when, how severe, who, what, and what else there is to know. */
export function textOfEntry(json: string, isColoured: boolean): string {
  const entry = JSON.parse(json) as Entry;
  const { level, time, context, message, stack } = entry;
  const label = level.toUpperCase();
  const fields = Object.entries(entry).filter(([name]) => !NO_FIELDS.includes(name));
  const parts = [
    time.slice(time.indexOf('T') + 1, -1),
    // It would look at the terminal of the process itself otherwise, and at no other output.
    isColoured ? styleText(COLOURS[level], label, { validateStream: false }) : label,
    ...(context === undefined ? [] : [`[${context}]`]),
    safeLines(message),
    ...fields.map(([name, value]) => `${name}=${safeText(String(value))}`),
  ];
  return [parts.join(' '), ...(stack === undefined ? [] : [safeLines(stack)]), ''].join('\n');
}
