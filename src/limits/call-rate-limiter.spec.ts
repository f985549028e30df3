import { describe, expect, it } from 'vitest';
import type { RetryableError } from '../domain/rejected-error.js';
import { CallRateLimiter } from './call-rate-limiter.js';

const RATES = { commandsPerSecond: 50, callsPerSecondPerUser: 200 };

describe('CallRateLimiter', () => {
  /** Returns how many of `attempts` calls are admitted, and why the last one was rejected. */
  function call(
    limits: CallRateLimiter,
    attempts: number,
    { userId = 'ann', sessionId = undefined as string | undefined, cost = 1, now = 0 } = {},
  ): { admitted: number; reason?: string; retryAfterMs?: number } {
    let admitted = 0;
    let rejection: RetryableError | undefined;
    for (let i = 0; i < attempts; i++) {
      try {
        limits.consume(userId, cost, () => sessionId, now);
        admitted++;
      } catch (error) {
        rejection = error as RetryableError;
      }
    }
    const { reason, retryAfterMs } = rejection ?? {};
    return { admitted, ...(rejection && { reason, retryAfterMs }) } as ReturnType<typeof call>;
  }

  it('limit the calls of a session, and those of a user with all sessions and without one', () => {
    const limits = new CallRateLimiter(RATES);
    const commands = { admitted: 100, reason: 'TOO_MANY_COMMANDS', retryAfterMs: 20 };
    expect(call(limits, 1000, { sessionId: 'a' })).toEqual(commands);
    expect(call(limits, 1000, { sessionId: 'b' })).toEqual(commands);
    const calls = { admitted: 200, reason: 'TOO_MANY_CALLS', retryAfterMs: 5 };
    expect(call(limits, 1000)).toEqual(calls);
    expect(call(limits, 1, { sessionId: 'c' }).reason).toBe('TOO_MANY_CALLS');
    expect(call(limits, 1, { userId: 'bob' }).admitted).toBe(1);
  });

  it('let no made-up sessions get around the limit of the user', () => {
    const limits = new CallRateLimiter(RATES);
    const admitted = Array.from({ length: 1000 }, (_, i) =>
      call(limits, 1, { sessionId: `made-up-${i}` }),
    ).filter((result) => result.admitted === 1);
    expect(admitted).toHaveLength(400);
  });

  it("do not let a user consume the limit of another user's session", () => {
    const limits = new CallRateLimiter(RATES);
    call(limits, 1000, { userId: 'mallory', sessionId: 'session-of-ann' });
    expect(call(limits, 1000, { sessionId: 'session-of-ann' }).admitted).toBe(100);
  });

  it('count the cost of a call', () => {
    const limits = new CallRateLimiter(RATES);
    expect(call(limits, 100, { cost: 10 }).admitted).toBe(40);
    expect(call(limits, 100, { cost: 10, now: 1000 }).admitted).toBe(20);
  });

  it('never let in a request that is larger than a burst, however long the user has been quiet', () => {
    const limits = new CallRateLimiter(RATES);
    const session = (): undefined => undefined;
    for (const now of [0, 1_000_000]) {
      expect(() => limits.consume('ann', 10, session, now, 391)).toThrow(/counts as 401 calls/);
    }
    limits.consume('ann', 10, session, 2_000_000, 390);
    expect(call(limits, 1, { now: 2_000_000 }).reason).toBe('TOO_MANY_CALLS');
  });

  it('do not ask for the session of a call that is rejected for its user', () => {
    const limits = new CallRateLimiter(RATES);
    call(limits, 400);
    const session = (): string => expect.fail('it was asked for');
    expect(() => limits.consume('ann', 1, session, 0)).toThrow('too many calls of this user');
  });
});
