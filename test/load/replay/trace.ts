import { readFileSync } from 'node:fs';

const HEADER = 't_seconds,action,session,user,reason';
const ACTIONS = ['connect', 'disconnect', 'activity'] as const;
const REASONS = ['clean', 'lost', 'netsplit', ''] as const;

/** One row of a trace: a session of a user started, had an activity or ended. */
export interface TraceRow {
  readonly seconds: number;
  readonly action: (typeof ACTIONS)[number];
  readonly session: string;
  readonly user: string;
  /**
   * How the session ended: `clean`, `lost`, or `netsplit` if it was lost together with many others. Empty if the row
   * has no reason.
   */
  readonly reason: (typeof REASONS)[number];
}

/** The file is not a valid trace. The message names the line. */
export class MalformedTrace extends Error {
  override readonly name = 'MalformedTrace';
}

export function readTrace(path: string): TraceRow[] {
  return parseTrace(readFileSync(path, 'utf8'), path);
}

/** Parses a trace. Error messages contain `path`. */
export function parseTrace(text: string, path: string): TraceRow[] {
  // Spreadsheet programs begin a CSV file with a byte order mark.
  const [header, ...lines] = text
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split(/\r?\n/);
  if (header !== HEADER) throw new MalformedTrace(`${path} does not begin with ${HEADER}.`);
  return lines.map((line, i) => {
    const row = rowOf(line);
    // Line numbers start at one, and the first line is the header.
    if (row === undefined)
      throw new MalformedTrace(`${path} has no row of a trace in line ${i + 2}.`);
    return row;
  });
}

function rowOf(line: string): TraceRow | undefined {
  const [seconds = '', action, session, user, reason, ...more] = line.split(',');
  const isRow =
    /^\d+([.]\d+)?$/.test(seconds) &&
    isOneOf(ACTIONS, action) &&
    session &&
    user &&
    isOneOf(REASONS, reason) &&
    more.length === 0;
  return isRow ? { seconds: Number(seconds), action, session, user, reason } : undefined;
}

function isOneOf<T extends string>(words: readonly T[], word: string | undefined): word is T {
  return (words as readonly (string | undefined)[]).includes(word);
}
