import { unlessAborted } from './abort.js';
import { PresenceError } from './presence-error.js';
import { Scope } from './scope.js';
import type { Timers } from './timers.js';

interface Timeouts {
  readonly timers: Timers;
  /** The maximum time until the first message, in milliseconds. */
  readonly timeoutMs: number;
  /** The maximum time until each later message, in milliseconds. The server sends heartbeats on quiet streams. */
  readonly silenceTimeoutMs: number;
}

/**
 * Yields the messages of a stream, and fails if none arrives in time. It always ends with an error: the service never
 * ends such a stream with OK, so a clean end comes from a proxy. When the generator ends, the call is cancelled.
 */
export async function* withSilenceTimeout<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  { timers, timeoutMs, silenceTimeoutMs }: Timeouts,
  signal: AbortSignal,
): AsyncGenerator<T, never, void> {
  const scope = new Scope(signal);
  const within = (ms: number) =>
    scope.endAfter(timers, ms, 'unavailable', () => `no message arrived for ${ms} ms`);
  let heard = within(timeoutMs);
  try {
    const messages = open(scope.signal)[Symbol.asyncIterator]();
    for (;;) {
      // A stuck transport may ignore the signal, so the wait itself ends with the signal.
      const message = await unlessAborted(messages.next(), scope.signal);
      if (message.done) break;
      heard();
      yield message.value;
      heard = within(silenceTimeoutMs);
    }
    throw new PresenceError('unavailable', 'the stream ended without a reason');
  } catch (reason) {
    // Converted here, because only this scope knows about the silence timeout.
    throw scope.signal.aborted ? scope.signal.reason : reason;
  } finally {
    scope.abort(new PresenceError('closed', 'the caller stopped reading'));
  }
}
