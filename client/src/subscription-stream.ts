import { withSilenceTimeout } from './silence-timeout.js';
import { errorOf, type CallExecutor } from './call-executor.js';
import {
  Delivery,
  type PresenceEventKind,
  type SubscribeResponse,
} from './generated/presence/v1/events_service_pb.js';
import type { End } from './run-with-reconnect.js';
import type { Services } from './transports.js';

/** What to subscribe to. */
export interface SubscriptionFilter {
  readonly userIds: string[];
  readonly channelIds: string[];
  readonly kinds: PresenceEventKind[];
}

/**
 * Subscribes once, from `resumeToken` on, and hands over every message until the stream ends. A collection shows how
 * things are, so it asks for the latest of each user when it is behind: its stream does not end for being slow.
 */
export async function subscribeOnce(
  caller: CallExecutor,
  interest: SubscriptionFilter,
  resumeToken: string,
  signal: AbortSignal,
  take: (message: SubscribeResponse) => void,
): Promise<End> {
  const { timers, tokens, transports } = caller.options;
  let services: Services | undefined;
  const request = { ...interest, resumeToken, delivery: Delivery.LATEST };
  let isCured = false;
  let heldSince = Infinity;
  try {
    const { events } = (services = transports.current);
    const { messages, first, token } = await caller.authenticated(
      signal,
      async (headers, token) => {
        const messages = withSilenceTimeout(
          (signal) => events.subscribe(request, { headers, signal, timeoutMs: 0 }),
          caller.options,
          signal,
        );
        return { messages, first: (await messages.next()).value, token };
      },
    );
    heldSince = timers.now();
    try {
      for (let message = first; ; message = (await messages.next()).value) take(message);
    } catch (reason) {
      // The token was good, so it has expired.
      isCured = errorOf(reason, signal).code === 'unauthenticated';
      if (isCured) tokens.discard(token);
      throw reason;
    }
  } catch (reason) {
    transports.rotate(services);
    const heldMs = Math.max(0, timers.now() - heldSince);
    return { error: errorOf(reason, signal), uptimeMs: heldMs, retryable: isCured };
  }
}
