import type { Subscription } from 'rxjs';
import type { ResponseObserver } from './response-observer.js';
import { transportError } from './status-error.js';

/** The maximum delay of a Node timer. A timer with a longer delay fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Ends a call with DEADLINE_EXCEEDED when its RPC deadline has passed. `ms` is the time that is left. A deadline above
 * the maximum delay of a timer is ignored.
 */
export function enforceDeadline(
  ms: number,
  subscription: Subscription,
  response: ResponseObserver<never>,
): void {
  if (ms > LONGEST_TIMER_MS) return;
  const timer = setTimeout(() => {
    try {
      subscription.unsubscribe();
    } catch (error) {
      return response.fail(error);
    }
    response.error(transportError('DEADLINE_EXCEEDED', 'Deadline exceeded').status);
  }, ms);
  subscription.add(() => clearTimeout(timer));
}
