import { RateLimit } from './rate-limit.js';

/** What becomes of a refused call: it is told so at once, or late, or loses its connection. */
export type Treatment = 'prompt' | 'late' | 'cutOff';

/**
 * A refused call costs the server not much less than one that is served, so that a client who goes on calling would be
 * a burden all the same. A user's refused calls are answered at once for a while; then late, which slows down every
 * client that waits for answers; and one that does not wait loses its connection.
 */
export class Patience {
  private readonly prompt: RateLimit;
  private readonly late: RateLimit;

  /** Zero: it never ends. */
  constructor(private readonly refusedCallsPerSecond: number) {
    this.prompt = new RateLimit(refusedCallsPerSecond);
    this.late = new RateLimit(refusedCallsPerSecond);
  }

  with(userId: string, now: number): Treatment {
    if (this.refusedCallsPerSecond === 0) return 'prompt';
    if (this.prompt.tryTake(userId, 1, now) === 0) return 'prompt';
    return this.late.tryTake(userId, 1, now) === 0 ? 'late' : 'cutOff';
  }
}
