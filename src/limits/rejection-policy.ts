import { RateLimit } from './rate-limit.js';

/** The average delay of a delayed response, in milliseconds. */
const LATE_MS = 5000;

/** How many rejected calls get a delayed response for each one with an immediate response. */
const LATE_CALLS = 4;

/** The treatment of a rejected call: its response is delayed, or its connection is closed. */
export type RejectionAction = { readonly answerAfterMs: number } | 'cutOff';

/**
 * Decides how the node responds to rejected calls, which cost almost as much as accepted ones. The first rejections of
 * a user are immediate. Further ones are delayed, which slows down clients that wait for responses. A client that does
 * not wait loses its connection. By default 1000 responses may be delayed at once, as many as one connection has
 * streams, so one full connection alone does not exceed this limit.
 */
export class RejectionPolicy {
  private readonly prompt: RateLimit;
  private readonly late: RateLimit;

  /** Zero: all rejections are immediate. */
  constructor(private readonly refusedCallsPerSecond: number) {
    const latePerSecond = LATE_CALLS * refusedCallsPerSecond;
    this.prompt = new RateLimit(refusedCallsPerSecond);
    this.late = new RateLimit(latePerSecond, (latePerSecond * LATE_MS) / 1000);
  }

  with(userId: string, now: number): RejectionAction {
    if (this.refusedCallsPerSecond === 0) return { answerAfterMs: 0 };
    if (this.prompt.tryConsume(userId, 1, now) === 0) return { answerAfterMs: 0 };
    if (this.late.tryConsume(userId, 1, now) > 0) return 'cutOff';
    // The delay is random. Otherwise calls that arrived together would also get their responses together.
    return { answerAfterMs: LATE_MS * (0.5 + Math.random()) };
  }
}
