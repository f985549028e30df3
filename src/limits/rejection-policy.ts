import { RateLimit } from './rate-limit.js';

/** How late the answers are that are held back, on the average. */
const LATE_MS = 5000;

/** How many calls are answered late for each that is answered at once. */
const LATE_CALLS = 4;

/** What becomes of a refused call: it is answered after so long, or its connection is closed. */
export type RejectionAction = { readonly answerAfterMs: number } | 'cutOff';

/**
 * A refused call costs the server not much less than one that is served, so that a client who goes on calling would be
 * a burden all the same. A user's refused calls are answered at once for a while; then late, which slows down every
 * client that waits for answers; and one that does not wait loses its connection. As many answers may be outstanding as
 * a connection has streams by default, so that this takes more than one that is full.
 */
export class RejectionPolicy {
  private readonly prompt: RateLimit;
  private readonly late: RateLimit;

  /** Zero: it never ends. */
  constructor(private readonly refusedCallsPerSecond: number) {
    const latePerSecond = LATE_CALLS * refusedCallsPerSecond;
    this.prompt = new RateLimit(refusedCallsPerSecond);
    this.late = new RateLimit(latePerSecond, (latePerSecond * LATE_MS) / 1000);
  }

  with(userId: string, now: number): RejectionAction {
    if (this.refusedCallsPerSecond === 0) return { answerAfterMs: 0 };
    if (this.prompt.tryConsume(userId, 1, now) === 0) return { answerAfterMs: 0 };
    if (this.late.tryConsume(userId, 1, now) > 0) return 'cutOff';
    // Not all after the same time: those that came at once would be answered at once.
    return { answerAfterMs: LATE_MS * (0.5 + Math.random()) };
  }
}
