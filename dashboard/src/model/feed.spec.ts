import { beforeEach, describe, expect, it } from 'vitest';
import { change, user } from '../../test/support/users.js';
import { Feed } from './feed.js';

const NOW = new Date(9000);

describe('The feed', () => {
  let feed: Feed;
  beforeEach(() => void (feed = new Feed(3)));

  const come = (...ids: string[]): void =>
    feed.add(
      ids.map((id) => change(undefined, user(id))),
      NOW,
    );
  const shown = (): string[] => feed.rows.map(({ userId }) => userId);

  it('has the newest events first, up to its maximum size', () => {
    come('ann', 'ben');
    come('cem', 'dan');
    expect(shown()).toEqual(['dan', 'cem', 'ben']);
    expect(feed.rows.map(({ number }) => number)).toEqual([4, 3, 2]);
  });

  it('has the commit time of a change, or else the time when it arrived', () => {
    const heard = { ...change(undefined, user('ann'), 'snapshot'), occurredAt: undefined };
    feed.add([heard, change(undefined, user('ben'))], NOW);
    expect(feed.rows.map(({ at }) => at.getTime())).toEqual([1000, 9000]);
    expect(feed.rows.map(({ fromSnapshot: wasFound }) => wasFound)).toEqual([false, true]);
  });

  it('is the same list if nothing changed', () => {
    come('ann');
    const { rows } = feed;
    feed.add([change(user('ann'), user('ann', { version: 2n }))], NOW);
    expect(feed.rows).toBe(rows);
  });

  it('counts new events while it is paused, and shows them when it continues', () => {
    come('ann');
    feed.pause();
    come('ben', 'cem');
    expect([shown(), feed.waiting]).toEqual([['ann'], 2]);
    feed.pause();
    expect(feed.waiting).toBe(2);
    feed.resume();
    expect([shown(), feed.waiting, feed.isPaused]).toEqual([['cem', 'ben', 'ann'], 0, false]);
  });

  it('can be filtered by text and topic, paused as well', () => {
    come('ann', 'ben');
    feed.add([change(user('ann'), user('ann', { status: 'idle' }))], NOW);
    feed.filterBy({ text: ' ANN', topic: undefined });
    expect(shown()).toEqual(['ann', 'ann']);
    feed.pause();
    feed.filterBy({ text: 'ann', topic: 'status' });
    expect(feed.rows.map(({ text }) => text)).toEqual(['is idle']);
    feed.filterBy({ text: 'nobody', topic: undefined });
    expect(feed.rows).toEqual([]);
  });
});
