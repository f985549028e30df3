import { describe, expect, it } from 'vitest';
import { SubscriberLimit } from './subscriber-limit.js';

describe('SubscriberLimit', () => {
  it('lets in as many subscriptions of a user as agreed, and no more', () => {
    const limit = new SubscriberLimit(2);
    limit.enter('ann');
    limit.enter('ann');
    expect(() => limit.enter('ann')).toThrow('a user may have 2 subscriptions at once');
    expect(() => limit.enter('bob')).not.toThrow();
  });

  it('has room again for each one that ends', () => {
    const limit = new SubscriberLimit(2);
    const [leave, leaveToo] = [limit.enter('ann'), limit.enter('ann')];
    leave();
    limit.enter('ann');
    expect(() => limit.enter('ann')).toThrow('end one first');
    leaveToo();
    expect(() => limit.enter('ann')).not.toThrow();
  });

  it('holds nothing for users without a subscription', () => {
    const limit = new SubscriberLimit(1);
    limit.enter('ann')();
    const { counts } = limit as unknown as { readonly counts: ReadonlyMap<string, number> };
    expect(counts.size).toBe(0);
  });
});
