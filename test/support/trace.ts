import { readFileSync } from 'node:fs';

/** One row of a trace: a session of a user began, did something or ended. */
export interface TraceRow {
  readonly seconds: number;
  readonly action: 'connect' | 'disconnect' | 'activity';
  readonly session: string;
  readonly user: string;
  /** How it ended: said, without a word, or together with many others. */
  readonly reason: 'clean' | 'lost' | 'netsplit' | '';
}

export function readTrace(path: string): TraceRow[] {
  const [header, ...lines] = readFileSync(path, 'utf8').trimEnd().split(/\r?\n/);
  if (header !== 't_seconds,action,session,user,reason') throw new Error(`not a trace: ${path}`);
  return lines.map((line) => {
    const [seconds, action, session, user, reason] = line.split(',');
    return { seconds: Number(seconds), action, session, user, reason } as TraceRow;
  });
}
