import { unlessAborted } from './abort.js';
import { PresenceError } from './presence-error.js';
import { Scope } from './scope.js';
import type { Timers } from './timers.js';

interface Timeouts {
  readonly timers: Timers;
  /** How long the first message may take. */
  readonly timeoutMs: number;
  /** How long every other may take: the service is never quiet for long. */
  readonly silenceTimeoutMs: number;
}

/**
 * The messages of a stream that is told to be lost when nothing is heard on it. Ends with an error always: a stream of
 * this contract that ends in good order has been ended by something in between. The call is over when this is.
 */
export async function* withSilenceTimeout<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  { timers, timeoutMs, silenceTimeoutMs }: Timeouts,
  signal: AbortSignal,
): AsyncGenerator<T, never, void> {
  const scope = new Scope(signal);
  const within = (ms: number) =>
    scope.endAfter(timers, ms, 'unavailable', () => `nothing was heard for ${ms} ms`);
  let heard = within(timeoutMs);
  try {
    const messages = open(scope.signal)[Symbol.asyncIterator]();
    for (;;) {
      // Not for transports to decide: one that is stuck may not hear the signal.
      const message = await unlessAborted(messages.next(), scope.signal);
      if (message.done) break;
      heard();
      yield message.value;
      heard = within(silenceTimeoutMs);
    }
    throw new PresenceError('unavailable', 'the stream ended without a reason');
  } catch (reason) {
    // Here and not further up, since the silence is known in this scope alone.
    throw scope.signal.aborted ? scope.signal.reason : reason;
  } finally {
    scope.abort(new PresenceError('closed', 'not wanted any more'));
  }
}
