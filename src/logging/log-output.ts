import type { DestinationStream } from 'pino';
import type { LogFormatName } from '../config/log-level.js';
import { textOfEntry } from './pretty-print.js';

/** By this pino asks whether it is to tell with each entry how severe it is. */
const WANTS_LEVEL: unique symbol = Symbol.for('pino.metadata');

/** What lines are written to. */
export interface Writable {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Where pino's entries go: the grave ones to standard error, all others to standard output. */
export class LogOutput implements DestinationStream {
  readonly [WANTS_LEVEL] = true;
  /** Of the entry that comes next, set by pino. */
  lastLevel = 0;

  constructor(
    private readonly format: LogFormatName,
    private readonly outputs: { readonly stdout: Writable; readonly stderr: Writable },
    /** From which level on an entry is grave. */
    private readonly errorLevel: number,
  ) {}

  write(entry: string): void {
    const output = this.lastLevel >= this.errorLevel ? this.outputs.stderr : this.outputs.stdout;
    // Escape codes are for people; in a file they stick to the token of the first call.
    const isColoured = output.isTTY === true;
    output.write(this.format === 'json' ? entry : textOfEntry(entry, isColoured));
  }
}
