import { checkId, checkList, checkObject, checkWholeNumber } from './arguments.js';
import type { Session } from './session.js';
import { systemTimers, type Timers } from './timers.js';

/** The DOM events that count as activity by default. */
const EVENTS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'visibilitychange'] as const;

const EVERY_MS = 30_000;

export interface ActivityOptions {
  /**
   * The minimum time between two reports to the service, in milliseconds. Default: 30000, well below the idle timeout.
   */
  readonly everyMs?: number;
  /** The events that count as activity. Default: pointer, keys, wheel, and a page that becomes visible again. */
  readonly events?: readonly string[];
  readonly timers?: Pick<Timers, 'now'>;
}

/**
 * Reports to the service that the user is active when events of a page show it. `target` defaults to the document.
 * Returns a function that stops the reports. They also stop when the session is closed.
 */
export function trackActivity(
  session: Pick<Session, 'state' | 'recordActivity'>,
  target: EventTarget = (globalThis as unknown as { document: EventTarget }).document,
  options: ActivityOptions = {},
): () => void {
  checkObject(session, 'session', 'recordActivity');
  checkObject(target, 'target', 'addEventListener', 'removeEventListener');
  checkObject(options, 'options');
  const { everyMs = EVERY_MS, events = EVENTS, timers = systemTimers } = options;
  checkWholeNumber(everyMs, 'everyMs');
  checkList(events, 'events', 100, checkId);
  checkObject(timers, 'timers', 'now');
  let lastAt = -Infinity;
  const noteActivity = (): void => {
    // A user who leaves the page does nothing on it. A user who is not online becomes active with the next connection.
    const isHidden = 'visibilityState' in target && target.visibilityState === 'hidden';
    const isOnline = session.state.value.status === 'online';
    if (isHidden || !isOnline || timers.now() - lastAt < everyMs) return;
    lastAt = timers.now();
    // A lost call needs no retry, because the next activity replaces it.
    session.recordActivity().catch(() => {});
  };
  for (const event of events) target.addEventListener(event, noteActivity, { passive: true });
  const stop = (): void => {
    for (const event of events) target.removeEventListener(event, noteActivity);
    subscription.unsubscribe();
  };
  const subscription = session.state.subscribe({ complete: () => queueMicrotask(stop) });
  return stop;
}
