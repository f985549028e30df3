import { RetryableError, RejectedError } from '../domain/rejected-error.js';
import { RateLimit } from './rate-limit.js';

/** The rates of a `CallRateLimiter`. */
export interface CallRates {
  /** Per session. Zero: no limit. */
  readonly commandsPerSecond: number;
  /** Per user, for calls of all sessions and calls without a session. Zero: no limit. */
  readonly callsPerSecondPerUser: number;
}

/**
 * Limits how often a user may call, in total and per session. A call counts for both limits or, if one of them rejects
 * it, for neither. So a session above its limit does not use up the calls of the user's other sessions.
 */
export class CallRateLimiter {
  private readonly users: RateLimit;
  private readonly sessions: RateLimit;

  constructor({ commandsPerSecond, callsPerSecondPerUser }: CallRates) {
    this.users = new RateLimit(callsPerSecondPerUser);
    this.sessions = new RateLimit(commandsPerSecond);
  }

  /**
   * Throws unless the call is allowed now. It costs `cost`, plus `size` for the size of the request. `session` is
   * called last, because finding the session may cost more than a rejection.
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
      // A full bucket would admit a request of any size, and the user would wait only afterwards.
      const message = `a request this large counts as ${total} calls, more than a user may make at once; split it`;
      throw new RejectedError('TOO_MANY_CALLS', message);
    }
    const userWait = this.users.delay(userId, total, now);
    if (userWait > 0)
      throw new RetryableError('TOO_MANY_CALLS', 'too many calls of this user', userWait);
    const sessionId = session();
    if (sessionId !== undefined) {
      // The key contains the user. Otherwise any user could use up the limit of another user's session.
      const wait = this.sessions.tryConsume(`${userId}\0${sessionId}`, 1, now);
      if (wait > 0)
        throw new RetryableError('TOO_MANY_COMMANDS', 'too many commands of this session', wait);
    }
    this.users.consume(userId, total, now);
  }
}
