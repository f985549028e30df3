import { checkId, checkList, checkObject, checkWholeNumber } from './arguments.js';
import type { Session } from './session.js';
import { systemTimers, type Timers } from './timers.js';

/** What people do with a page. */
const EVENTS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'visibilitychange'] as const;

const EVERY_MS = 30_000;

export interface ActivityOptions {
  /** The service is told at most once in so many milliseconds. 30000 unless given: well below the idle timeout. */
  readonly everyMs?: number;
  /** The events that count. Absent: pointer, keys, wheel, and coming back to the page. */
  readonly events?: readonly string[];
  readonly timers?: Pick<Timers, 'now'>;
}

/**
 * Tells the service that the user is active, as told by the events of a page. `target` is the document unless given.
 * Returns the way to stop; a session that is closed stops it, too.
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
    // Whoever leaves the page does nothing on it, and who is not online is so with the next connection.
    const isHidden = 'visibilityState' in target && target.visibilityState === 'hidden';
    const isOnline = session.state.value.status === 'online';
    if (isHidden || !isOnline || timers.now() - lastAt < everyMs) return;
    lastAt = timers.now();
    // Activity that does not arrive is made up for by the next.
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
