import { unlessAborted } from './abort.js';
import { errorOf, type CallExecutor } from './call-executor.js';
import type { SessionStream } from './session-stream.js';
import { sleep } from './timers.js';
import { expiryOf } from './token-source.js';

/** The maximum time before the expiry of its token at which a session moves to a stream with a new token. */
const RENEWAL_LEAD_MS = 30_000;

/**
 * The minimum time between two moves, and between two requests for a token that lasts longer. The service accepts a
 * token for 5 seconds after its `exp`, so a session whose token is about to expire still moves before the service ends
 * it.
 */
const RENEWAL_PAUSE_MS = 4000;

/** Resolves when a session should move to a stream with a new token. */
export function newTokenNeeded(
  caller: CallExecutor,
  stream: SessionStream,
  signal: AbortSignal,
): Promise<void> {
  return Promise.race([
    tokenRenewed(caller, stream, signal),
    renewalRequested(caller, stream, signal),
  ]);
}

/** Resolves shortly before the token of the stream expires, once there is a token that is valid for longer. */
async function tokenRenewed(
  caller: CallExecutor,
  stream: SessionStream,
  signal: AbortSignal,
): Promise<void> {
  const { timers, tokens } = caller.options;
  const restMs = stream.tokenRestMs;
  const leadMs = Math.min(RENEWAL_LEAD_MS, restMs / 10);
  await sleep(timers, Math.max(RENEWAL_PAUSE_MS, restMs - leadMs), signal);
  let { token } = stream;
  for (;;) {
    tokens.discard(token);
    try {
      token = await tokens.get(signal);
    } catch (reason) {
      // The program provides no more tokens, so the session lasts until this token expires.
      if (!errorOf(reason, signal).isRetryable) await sleep(timers, Infinity, signal);
    }
    if (expiryOf(token) > expiryOf(stream.token)) return;
    await sleep(timers, RENEWAL_PAUSE_MS, signal);
  }
}

/** Resolves when the program asks for a new token. */
async function renewalRequested(
  caller: CallExecutor,
  { token }: SessionStream,
  signal: AbortSignal,
): Promise<void> {
  let leave = (): void => {};
  const requested = new Promise<void>((resolve) => {
    leave = caller.options.tokens.onRenewal(token, resolve);
  });
  await unlessAborted(requested, signal).finally(leave);
}
