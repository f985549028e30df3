import { principalOf } from '../../test/support/principal.js';
import { describe, expect, it } from 'vitest';
import type { Config } from '../config/config.js';
import type { HeapLimit } from '../limits/heap-limit.js';
import type { ReadLimit } from '../limits/read-limit.js';
import { SubscriptionLimiter } from './subscription-limiter.js';

describe('SubscriptionLimiter', () => {
  it('accepts the maximum number of subscriptions of a user, and no more', () => {
    const limiter = limiterOf(2);
    limiter.acquire(principalOf('ann'));
    limiter.acquire(principalOf('ann'));
    expect(() => limiter.acquire(principalOf('ann'))).toThrow(
      'a user may have 2 subscriptions at once',
    );
    expect(() => limiter.acquire(principalOf('bob'))).not.toThrow();
  });

  it('accepts another subscription for each one that ends', () => {
    const limiter = limiterOf(2);
    const [release, releaseOther] = [
      limiter.acquire(principalOf('ann')),
      limiter.acquire(principalOf('ann')),
    ];
    release();
    limiter.acquire(principalOf('ann'));
    expect(() => limiter.acquire(principalOf('ann'))).toThrow('end one first');
    releaseOther();
    expect(() => limiter.acquire(principalOf('ann'))).not.toThrow();
  });

  it('stores nothing for users without a subscription', () => {
    const limiter = limiterOf(1);
    const release = limiter.acquire(principalOf('ann'));
    expect(limiter.users).toBe(1);
    release();
    expect(limiter.users).toBe(0);
  });

  it.each(['heap', 'read'])('stores nothing if the %s limit rejects the subscription', (limit) => {
    const limiter = limiterOf(1, limit);
    expect(() => limiter.acquire(principalOf('ann'))).toThrow('rejected');
    expect(limiter.users).toBe(0);
  });
});

/** Returns a limiter. The heap limit or the read limit rejects everything if `reached` names it. */
function limiterOf(subscriptionsPerUser: number, reached?: string): SubscriptionLimiter {
  const check = (limit: string) => () => {
    if (limit === reached) throw new Error('rejected');
  };
  const heap = { assertHeadroom: check('heap') } as unknown as HeapLimit;
  const reads = { assertAllowed: check('read') } as unknown as ReadLimit;
  return new SubscriptionLimiter(heap, reads, { limits: { subscriptionsPerUser } } as Config);
}
