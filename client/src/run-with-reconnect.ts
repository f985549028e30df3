import { errorOf, type CallExecutor } from './call-executor.js';
import type { PresenceError } from './presence-error.js';
import { sleep } from './timers.js';

/** The end of a stream that should always be open. */
export interface End {
  readonly error: PresenceError;
  /** How long the stream was open, in milliseconds. */
  readonly uptimeMs: number;
  /** Whether the cause was removed, so that another attempt makes sense whatever the error. */
  readonly retryable: boolean;
}

/**
 * Runs streams one after the other, with pauses, until one ends with a final error or the signal is aborted. Returns
 * the error. Calls `onBreak` before every pause.
 */
export async function runWithReconnect(
  caller: CallExecutor,
  signal: AbortSignal,
  runOnce: () => Promise<End>,
  onBreak: (error: PresenceError, retryInMs: number) => void,
): Promise<PresenceError> {
  const { timers, tokens } = caller.options;
  const backoff = caller.newBackoff();
  for (;;) {
    const { error, uptimeMs: heldMs, retryable } = await runOnce();
    if (signal.aborted) return errorOf(error, signal);
    if (!error.isRetryable && !retryable) return error;
    const pauseMs = backoff.next({ retryAfterMs: error.retryAfterMs, heldMs });
    const retryInMs = Math.max(pauseMs, tokens.pauseMs);
    onBreak(error, retryInMs);
    try {
      await sleep(timers, retryInMs, signal);
    } catch (reason) {
      return errorOf(reason, signal);
    }
  }
}
