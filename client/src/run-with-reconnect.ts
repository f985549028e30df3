import { errorOf, type CallExecutor } from './call-executor.js';
import type { PresenceError } from './presence-error.js';
import { sleep } from './timers.js';

/** How a stream ended that is to be there always. */
export interface End {
  readonly error: PresenceError;
  /** For how long it stood. */
  readonly uptimeMs: number;
  /** Whether what was wrong has been seen to, so that another try makes sense whatever the error. */
  readonly retryable: boolean;
}

/**
 * Runs streams one after the other, with pauses, until one ends for good or the signal ends. Returns why. `onBreak` is
 * told of every pause.
 */
export async function runWithReconnect(
  caller: CallExecutor,
  signal: AbortSignal,
  runOnce: () => Promise<End>,
  onBreak: (error: PresenceError, retryInMs: number) => void,
): Promise<PresenceError> {
  const backoff = caller.newBackoff();
  for (;;) {
    const { error, uptimeMs: heldMs, retryable: isCured } = await runOnce();
    if (signal.aborted) return errorOf(error, signal);
    if (!error.isRetryable && !isCured) return error;
    const retryInMs = backoff.next({ retryAfterMs: error.retryAfterMs, heldMs });
    onBreak(error, retryInMs);
    try {
      await sleep(caller.options.timers, retryInMs, signal);
    } catch (reason) {
      return errorOf(reason, signal);
    }
  }
}
