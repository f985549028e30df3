import type { DestinationStream } from 'pino';
import type { LogFormatName } from '../config/log-level.js';
import { textOfEntry } from './pretty-print.js';

/** The symbol with which a stream asks pino for the level of each entry. */
const WANTS_LEVEL: unique symbol = Symbol.for('pino.metadata');

/** A stream for log lines. */
export interface Writable {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Writes log entries: errors to standard error, all others to standard output. */
export class LogOutput implements DestinationStream {
  readonly [WANTS_LEVEL] = true;
  /** The level of the next entry, set by pino. */
  lastLevel = 0;

  constructor(
    private readonly format: LogFormatName,
    private readonly outputs: { readonly stdout: Writable; readonly stderr: Writable },
    /** The lowest level that goes to standard error. */
    private readonly errorLevel: number,
  ) {}

  write(entry: string): void {
    const output = this.lastLevel >= this.errorLevel ? this.outputs.stderr : this.outputs.stdout;
    // Colour codes are for terminals only; in a file they would become part of the text that follows.
    const isColoured = output.isTTY === true;
    output.write(this.format === 'json' ? entry : textOfEntry(entry, isColoured));
  }
}
