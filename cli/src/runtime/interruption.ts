import { constants } from 'node:os';
import { ExitCode } from './failure.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The command was asked to end, and has ended cleanly. */
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
 * Runs a task that must end cleanly when a signal arrives or when the reader of standard output has closed it.
 * Rejects with `Interrupted` in these cases.
 */
export async function runUntilSignal(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  // Only the first reason counts: npm forwards signals that the terminal has already sent.
  const end = (reason: string, exitCode: number): void => {
    if (!controller.signal.aborted) controller.abort(new Interrupted(reason, exitCode));
  };
  // The exit code follows the convention of shells: 128 plus the signal number, so 130 for Ctrl-C.
  const onSignal = (name: (typeof SIGNALS)[number]): void => {
    end(`received ${name}`, 128 + constants.signals[name]);
  };
  const onWriteError = ({ code }: NodeJS.ErrnoException): void => {
    // A closed pipe, such as one to `head`, is not a failure.
    end(`standard output is closed: ${code}`, code === 'EPIPE' ? ExitCode.OK : ExitCode.FAILED);
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
    // The error listener of standard output stays, because the last write may still fail.
  }
}
