import { beforeEach, describe, expect, it } from 'vitest';
import { eventOf } from '../../test/support/log.js';
import {
  after,
  commit,
  feedOf,
  MARK,
  NOW,
  onGap,
  read,
  subjects,
  twoPartitions,
  type DeliveredEvent,
} from '../../test/support/partition-feed.js';
import { newUser } from '../domain/user.js';
import type { EventLog } from '../event-log/event-log.js';
import type { CommitHistory } from '../store/commit-history.js';

describe('The feed of a partition whose log has dropped events', () => {
  let log: EventLog;
  beforeEach(() => {
    onGap.mockClear();
    log = twoPartitions();
  });

  /** A history of commits from a number on, in pages of two. */
  function historyFrom(first: number, last: number): CommitHistory {
    return {
      keepsCommits: true,
      readAfter: async ({ partition, seq }) => {
        if (seq < first - 1) return undefined;
        const seqs = [seq + 1, seq + 2].filter((next) => next <= last);
        const commits = seqs.map((next) => {
          const event = eventOf(`user ${next}`, next, { kind: 'USER_ONLINE', at: NOW + next });
          return {
            position: { partition, seq: next, mark: MARK + next },
            ...{ events: [event], user: newUser(`user ${next}`) },
            ...{ occurredAt: NOW + next, cause: 'REQUESTED' as const },
          };
        });
        const end = seqs.at(-1) ?? seq;
        return { commits, last: { partition, seq: end, mark: MARK + end } };
      },
      positionOf: async () => undefined,
    };
  }

  it('has every event that the log has dropped, with the same ids', async () => {
    const complete = twoPartitions();
    log = twoPartitions(10);
    for (let seq = 1; seq <= 30; seq++) for (const each of [log, complete]) commit(each, 1, seq);
    const expected = await read(feedOf(complete, after(0)));
    const feed = feedOf(log, after(0), { history: historyFrom(1, 30) });
    const events: DeliveredEvent[] = [];
    for (let page = await read(feed); page.length > 0; page = await read(feed)) {
      expect(page.length).toBeLessThanOrEqual(10);
      events.push(...page);
    }
    expect(events).toEqual(expected);
    expect(events).toHaveLength(30);
    expect(onGap).not.toHaveBeenCalled();
  });

  it('has the commits that the node has missed, and not the differences that it found instead', async () => {
    commit(log, 1, 1);
    const feed = feedOf(log, after(0), { history: historyFrom(2, 20) });
    await read(feed);
    const reset = { partition: 1, seq: 20, mark: MARK + 20 };
    log.begin(reset);
    feed.noteReset(reset);
    commit(log, 1, 20, ['USER_OFFLINE'], 'a difference');
    commit(log, 1, 21);
    const events: DeliveredEvent[] = [];
    for (let page = await read(feed); page.length > 0; page = await read(feed))
      events.push(...page);
    expect(subjects(events)).toEqual(Array.from({ length: 20 }, (_, i) => `user ${i + 2}`));
    expect(onGap).not.toHaveBeenCalled();
  });

  it('reports a gap if the history does not reach back either, and repeats nothing', async () => {
    commit(log, 1, 1);
    const feed = feedOf(log, after(0), { history: historyFrom(15, 20) });
    await read(feed);
    const reset = { partition: 1, seq: 20, mark: MARK + 20 };
    log.begin(reset);
    feed.noteReset(reset);
    commit(log, 1, 20, ['USER_OFFLINE'], 'a difference');
    expect(subjects(await read(feed))).toEqual(['presence.v1.gap', 'a difference']);
  });
});
