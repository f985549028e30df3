import type { CallOptions } from '@connectrpc/connect';
import { withSilenceTimeout } from './silence-timeout.js';
import { errorOf, type CallExecutor } from './call-executor.js';
import {
  Delivery,
  type PresenceEventKind,
  type SubscribeResponse,
} from './generated/presence/v1/events_service_pb.js';
import type { End } from './run-with-reconnect.js';
import { PresenceError } from './presence-error.js';
import { Scope } from './scope.js';
import type { Services } from './transports.js';

/** The filter of a subscription. */
export interface SubscriptionFilter {
  readonly userIds: string[];
  readonly channelIds: string[];
  readonly groupIds: string[];
  readonly kinds: PresenceEventKind[];
}

/**
 * Opens one subscription from `resumeToken` on, and passes every message to `take` until the stream ends. A collection
 * shows only the current state, so it requests the latest event of each user when it lags: the service does not end its
 * stream for being slow.
 */
export function subscribeOnce(
  caller: CallExecutor,
  interest: SubscriptionFilter,
  resumeToken: string,
  signal: AbortSignal,
  take: (message: SubscribeResponse) => void,
): Promise<End> {
  const request = { ...interest, resumeToken, delivery: Delivery.LATEST };
  return runStream(
    caller,
    signal,
    ({ events }, options) => events.subscribe(request, options),
    take,
  );
}

/**
 * Opens one stream and passes every message to `take` until the stream ends. If `take` returns a promise, the next
 * message is read when it has resolved, so that flow control stops the service.
 */
export async function runStream<Message>(
  caller: CallExecutor,
  signal: AbortSignal,
  open: (services: Services, options: CallOptions) => AsyncIterable<Message>,
  take: (message: Message) => void | Promise<void>,
): Promise<End> {
  const { timers, tokens, transports } = caller.options;
  let services: Services | undefined;
  let mayTryNewToken = false;
  let heldSince = Infinity;
  let leave = (): void => {};
  const scope = new Scope(signal);
  try {
    const current = (services = transports.current);
    const { messages, first, token } = await caller.authenticated(
      scope.signal,
      async (headers, token) => {
        const messages = withSilenceTimeout(
          (signal) => open(current, { headers, signal, timeoutMs: 0 }),
          caller.options,
          scope.signal,
        );
        return { messages, first: (await messages.next()).value, token };
      },
    );
    heldSince = timers.now();
    leave = tokens.onRenewal(token, () => scope.abort(renewed()));
    try {
      for (let message = first; ; message = (await messages.next()).value) {
        const taken = take(message);
        if (taken !== undefined) await taken;
      }
    } catch (reason) {
      // The service accepted the token at first, so it has expired or was revoked.
      const error = errorOf(reason, signal);
      mayTryNewToken = error.code === 'unauthenticated' && tokens.reject(token, error);
      throw reason;
    }
  } catch (reason) {
    // Otherwise the program ended the stream, which is no reason to leave the server.
    if (!signal.aborted) transports.rotate(services);
    const heldMs = Math.max(0, timers.now() - heldSince);
    return { error: errorOf(reason, signal), uptimeMs: heldMs, retryable: mayTryNewToken };
  } finally {
    leave();
    scope.close();
  }
}

/** Ends a stream like a token that has expired, so that the next stream continues with a new token. */
function renewed(): PresenceError {
  return new PresenceError('unauthenticated', 'the program asked for a new token');
}
