import { setImmediate } from 'node:timers';

let next: Promise<void> | undefined;

/**
 * Resolves when the event loop has handled the input that is available now. All callers of one iteration continue in the same
 * slice, so that what they send can be sent together.
 */
export function endOfIteration(): Promise<void> {
  next ??= new Promise((resolve) => {
    setImmediate(() => {
      next = undefined;
      resolve();
    });
  });
  return next;
}
