import { NotNow, RejectedError } from '../domain/rejected-error.js';
import { RateLimit } from './rate-limit.js';

export interface CallRates {
  /** Of each session. Zero: any number. */
  readonly commandsPerSecond: number;
  /** Of each user, over all sessions and without one. Zero: any number. */
  readonly callsPerSecondPerUser: number;
}

/**
 * How often a user may call, and how often for one session. A call has to fit both and is taken from both or from
 * neither: a session that is refused leaves the user's other sessions their share.
 */
export class CallRateLimiter {
  private readonly users: RateLimit;
  private readonly sessions: RateLimit;

  constructor({ commandsPerSecond, callsPerSecondPerUser }: CallRates) {
    this.users = new RateLimit(callsPerSecondPerUser);
    this.sessions = new RateLimit(commandsPerSecond);
  }

  /**
   * Throws unless the call may be made now. It costs `cost`, and `size` more for what it holds. `session` is asked for last:
   * to know it may cost more than to refuse.
   */
  consume(
    userId: string,
    cost: number,
    session: () => string | undefined,
    now: number,
    size = 0,
  ): void {
    const total = cost + size;
    if (size > 0 && !this.users.fits(total)) {
      // A full bucket would let any size through, and the user would wait for it only afterwards.
      const message = `a request this large counts as ${total} calls, more than a user may make at once`;
      throw new RejectedError('TOO_MANY_CALLS', message);
    }
    const userWait = this.users.delay(userId, total, now);
    if (userWait > 0) throw new NotNow('TOO_MANY_CALLS', 'too many calls of this user', userWait);
    const sessionId = session();
    if (sessionId !== undefined) {
      // With the user, or anyone could use up what another's session may do.
      const wait = this.sessions.tryConsume(`${userId}\0${sessionId}`, 1, now);
      if (wait > 0)
        throw new NotNow('TOO_MANY_COMMANDS', 'too many commands of this session', wait);
    }
    this.users.consume(userId, total, now);
  }
}
