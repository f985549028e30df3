import { beforeEach, describe, expect, it } from 'vitest';
import { eventOf } from '../../test/support/log.js';
import {
  after,
  commit,
  feedOf,
  historyWith,
  MARK,
  NOW,
  onGap,
  read,
  subjects,
  twoPartitions,
  type DeliveredEvent,
} from '../../test/support/partition-feed.js';
import type { PartitionFeed } from './partition-feed.js';
import { newUser } from '../domain/user.js';
import type { EventLog } from '../event-log/event-log.js';
import type { CommitHistory, HistoryPage } from '../store/commit-history.js';

describe('The feed of a partition whose log has dropped events', () => {
  let log: EventLog;
  beforeEach(() => {
    onGap.mockClear();
    log = twoPartitions();
  });

  /** A history of commits from a number on, in pages of two. It does not continue to `repair`, except after a gap. */
  function historyFrom(first: number, last: number, repair?: number): CommitHistory {
    const pageAfter = (
      partition: number,
      seq: number,
      isAcross: boolean,
    ): HistoryPage | undefined => {
      const seqs = [seq + 1, seq + 2].filter((next) => next <= last);
      if (seqs.some((next) => next === repair) && !isAcross) return undefined;
      const commits = seqs.map((next) => {
        const event = eventOf(`user ${next}`, next, { kind: 'USER_ONLINE', at: NOW + next });
        return {
          position: { partition, seq: next, mark: MARK + next },
          ...{ events: next === repair ? [] : [event], user: newUser(`user ${next}`) },
          ...{ occurredAt: NOW + next, cause: 'REQUESTED' as const },
        };
      });
      const end = seqs.at(-1) ?? seq;
      return { commits, last: { partition, seq: end, mark: MARK + end } };
    };
    return historyWith({
      readAfter: async ({ partition, seq }, _, isAcross = false) =>
        seq < first - 1 || seq > last ? undefined : pageAfter(partition, seq, isAcross),
      readOldest: async (partition) => pageAfter(partition, first - 1, true),
    });
  }

  /** Returns everything that the feed has now. */
  async function readAll(feed: PartitionFeed): Promise<readonly DeliveredEvent[]> {
    const events: DeliveredEvent[] = [];
    for (let page = await read(feed); page.length > 0; page = await read(feed))
      events.push(...page);
    return events;
  }

  it('has every event that the log has dropped, with the same ids', async () => {
    const complete = twoPartitions();
    log = twoPartitions(10);
    for (let seq = 1; seq <= 30; seq++) for (const each of [log, complete]) commit(each, 1, seq);
    const expected = await read(feedOf(complete, after(0)));
    const feed = feedOf(log, after(0), { history: historyFrom(1, 30) });
    const events: DeliveredEvent[] = [];
    for (let page = await read(feed); page.length > 0; page = await read(feed)) {
      // A page of the history, and the event log after it.
      expect(page.length).toBeLessThanOrEqual(2 + 10);
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
    feed.noteReset();
    commit(log, 1, 20, ['USER_OFFLINE'], 'a difference');
    commit(log, 1, 21);
    const events: DeliveredEvent[] = [];
    for (let page = await read(feed); page.length > 0; page = await read(feed))
      events.push(...page);
    expect(subjects(events)).toEqual(Array.from({ length: 20 }, (_, i) => `user ${i + 2}`));
    expect(onGap).not.toHaveBeenCalled();
  });

  it('reports a gap if the history does not reach back either, then has the oldest commits of it', async () => {
    commit(log, 1, 1);
    const feed = feedOf(log, after(0), { history: historyFrom(15, 20) });
    await read(feed);
    log.begin({ partition: 1, seq: 20, mark: MARK + 20 });
    feed.noteReset();
    commit(log, 1, 20, ['USER_OFFLINE'], 'a difference');
    commit(log, 1, 21);
    expect(subjects(await readAll(feed))).toEqual([
      'presence.v1.gap',
      ...Array.from({ length: 7 }, (_, i) => `user ${15 + i}`),
    ]);
    expect(onGap).toHaveBeenCalledOnce();
  });

  it('has what was committed after a loss and before the node noticed it', async () => {
    commit(log, 1, 30);
    const feed = feedOf(log, after(30), { history: historyFrom(1, 4, 2) });
    expect(await read(feed)).toEqual([]);
    // The store has lost everything: another node has begun a new numbering, and written user 2 back.
    log.begin({ partition: 1, seq: 4, mark: MARK + 4 });
    feed.noteReset();
    commit(log, 1, 4, ['USER_ONLINE'], 'a difference');
    commit(log, 1, 5);
    const events = await readAll(feed);
    expect(subjects(events)).toEqual(['presence.v1.gap', 'user 1', 'user 3', 'user 4', 'user 5']);
    expect(events[0]!.data.from).toBe('2026-03-01T00:00:00.030Z');
  });

  it('has what was committed after a loss and before this node noticed it, also if the position is lost', async () => {
    // Another node has committed users 1 to 4 with a new numbering. Then this node has begun to deliver.
    log.begin({ partition: 1, seq: 4, mark: MARK + 4 });
    commit(log, 1, 4, ['USER_ONLINE'], 'a difference');
    commit(log, 1, 5);
    const events = await readAll(feedOf(log, undefined, { history: historyFrom(1, 4, 2) }));
    expect(subjects(events)).toEqual(['presence.v1.gap', 'user 1', 'user 3', 'user 4', 'user 5']);
    expect(events[0]!.data.from).toBeUndefined();
  });

  it('continues with the event log if the history ends after the gap', async () => {
    commit(log, 1, 30);
    const { readOldest } = historyFrom(1, 4);
    const history = historyWith({ readOldest });
    const feed = feedOf(log, after(30), { history });
    await read(feed);
    log.begin({ partition: 1, seq: 9, mark: MARK + 9 });
    feed.noteReset();
    commit(log, 1, 10);
    expect(subjects(await readAll(feed))).toEqual([
      ...['presence.v1.gap', 'user 1', 'user 2'],
      ...['presence.v1.gap', 'user 10'],
    ]);
  });

  it('continues after a commit that has no events', async () => {
    commit(log, 1, 3);
    const feed = feedOf(log, after(4), { history: historyFrom(1, 4) });
    expect(await read(feed)).toEqual([]);
    commit(log, 1, 5);
    expect(subjects(await read(feed))).toEqual(['user 5']);
    expect(onGap).not.toHaveBeenCalled();
  });
});

describe('The feed of a partition whose position is in doubt', () => {
  let log: EventLog;
  beforeEach(() => {
    onGap.mockClear();
    log = twoPartitions();
  });

  it('reports a gap for a position beyond a new numbering', async () => {
    for (const seq of [1, 2]) commit(log, 1, seq);
    const events = await read(feedOf(log, { ...after(50), mark: 12345 }));
    expect(subjects(events)).toEqual(['presence.v1.gap', 'user 1', 'user 2']);
  });

  it('reports a gap for a position between others, if nothing proves that it is one of them', async () => {
    for (const seq of [1, 4]) commit(log, 1, seq);
    const events = await read(feedOf(log, { ...after(2), mark: 12345 }));
    expect(subjects(events)).toEqual(['presence.v1.gap', 'user 1', 'user 4']);
  });

  it('reports a gap if another node delivered before, and may not have known what the store has lost', async () => {
    for (const seq of [1, 2]) commit(log, 1, seq);
    let isContinuous = false;
    const history = historyWith({ isContinuousFrom: () => isContinuous });
    expect(subjects(await read(feedOf(log, after(1), { history })))).toEqual([
      ...['presence.v1.gap', 'user 1', 'user 2'],
    ]);
    isContinuous = true;
    expect(subjects(await read(feedOf(log, after(1), { history })))).toEqual(['user 2']);
  });

  it('reports a gap if the node cannot follow while its position is looked up', async () => {
    commit(log, 1, 1);
    let reads = 0;
    const history = historyWith({
      readAfter: async (position) => {
        if (reads++ > 0) return undefined;
        log.begin({ partition: 1, seq: 0, mark: 12345 });
        feed.noteReset();
        return { commits: [], last: position };
      },
    });
    const feed: PartitionFeed = feedOf(log, { ...after(5), mark: 1 }, { history });
    expect(subjects(await read(feed))).toEqual(['presence.v1.gap']);
    commit(log, 1, 2);
    expect(subjects(await read(feed))).toEqual(['user 2']);
  });
});
