import { constants } from 'node:os';
import { ExitCode } from './exit-code.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Somebody wanted the command to end, and it has ended in order. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(
    reason: string,
    readonly exitCode: number,
  ) {
    super(reason);
  }
}

/**
 * Runs something that is to end in order when a signal comes, or when nobody reads what it writes. Rejects with
 * `Interrupted` when that was so.
 */
export async function runUntilSignal(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  // The first reason counts: npm passes on what the terminal has said already.
  const end = (reason: string, exitCode: number): void => {
    if (!controller.signal.aborted) controller.abort(new Interrupted(reason, exitCode));
  };
  // As shells count: 130 for Ctrl-C.
  const onSignal = (name: (typeof SIGNALS)[number]): void => {
    end(`${name} came`, 128 + constants.signals[name]);
  };
  const onWriteError = ({ code }: NodeJS.ErrnoException): void => {
    // Who pipes into `head` has read enough.
    end(`nobody reads: ${code}`, code === 'EPIPE' ? ExitCode.OK : ExitCode.FAILED);
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  process.stdout.on('error', onWriteError);
  try {
    await run(controller.signal);
    controller.signal.throwIfAborted();
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    for (const name of SIGNALS) process.off(name, onSignal);
    // Not the other: what was written last may yet fail.
  }
}
