import { status } from '@grpc/grpc-js';
import type { Subscription } from 'rxjs';
import type { ResponseObserver } from './response-observer.js';

/** Timers of Node fire at once when they are given more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Keeps to the deadline that a client gave its call. */
export function enforceDeadline(
  ms: number,
  subscription: Subscription,
  answer: ResponseObserver<never>,
): void {
  if (ms > LONGEST_TIMER_MS) return;
  const timer = setTimeout(() => {
    try {
      subscription.unsubscribe();
    } catch (error) {
      return answer.fail(error);
    }
    answer.error({ code: status.DEADLINE_EXCEEDED, message: 'Deadline exceeded' });
  }, ms);
  subscription.add(() => clearTimeout(timer));
}
