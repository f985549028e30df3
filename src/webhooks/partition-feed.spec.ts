import { beforeEach, describe, expect, it } from 'vitest';
import {
  after,
  commit,
  feedOf,
  MARK,
  onGap,
  read,
  subjects,
  twoPartitions,
} from '../../test/support/partition-feed.js';
import type { EventLog } from '../event-log/event-log.js';

describe('The feed of a partition', () => {
  let log: EventLog;
  beforeEach(() => {
    onGap.mockClear();
    log = twoPartitions();
  });

  it('has the events of its partition in order, and continues where the receiver has accepted them', async () => {
    for (const seq of [1, 2, 3]) {
      commit(log, 0, seq);
      commit(log, 1, seq);
    }
    const feed = feedOf(log, after(0));
    expect(subjects(await read(feed))).toEqual(['user 1', 'user 2', 'user 3']);
    expect(feed.position).toEqual(after(3));
    expect(await read(feed)).toEqual([]);
    commit(log, 1, 4);
    expect(subjects(await read(feed))).toEqual(['user 4']);
    expect(onGap).not.toHaveBeenCalled();
  });

  it('continues on another node from a position, with the same ids', async () => {
    const other = twoPartitions();
    for (const seq of [1, 2, 3, 4]) {
      commit(log, 1, seq, ['USER_ONLINE', 'USER_STATUS_CHANGED']);
      commit(other, 0, seq);
      commit(other, 1, seq, ['USER_ONLINE', 'USER_STATUS_CHANGED']);
    }
    const all = await read(feedOf(log, after(1)));
    const rest = await read(feedOf(other, after(2)));
    expect(all).toHaveLength(6);
    expect(rest).toEqual(all.slice(2));
    expect(new Set(all.map(({ id }) => id)).size).toBe(6);
  });

  it('moves its position only when the receiver has accepted the batch', async () => {
    commit(log, 1, 1);
    const feed = feedOf(log, after(0));
    const batch = await feed.next();
    expect(batch!.position).toEqual(after(1));
    expect(feed.position!.seq).toBe(0);
    feed.take();
    expect(feed.position).toEqual(after(1));
  });

  it('begins with a gap without a beginning if no position is known', async () => {
    commit(log, 1, 1);
    const [gap, ...events] = await read(feedOf(log));
    expect(gap).toMatchObject({
      type: 'presence.v1.gap',
      data: { to: '2026-03-01T00:00:00.001Z' },
    });
    expect(gap!.data.from).toBeUndefined();
    expect(subjects(events)).toEqual(['user 1']);
    expect(onGap).toHaveBeenCalledOnce();
  });

  it('has a position after the first gap also if nothing has happened', async () => {
    const feed = feedOf(log);
    expect(subjects(await read(feed))).toEqual(['presence.v1.gap']);
    expect(feed.position).toMatchObject({ seq: 0, mark: MARK });
    expect(await read(feedOf(log, feed.position))).toEqual([]);
  });

  it('reports a gap if the log has dropped events that the receiver has not accepted', async () => {
    log = twoPartitions(10);
    commit(log, 1, 1);
    const feed = feedOf(log, after(0));
    await read(feed);
    for (let seq = 2; seq <= 30; seq++) commit(log, 1, seq);
    const [gap, ...events] = await read(feed);
    expect(gap).toMatchObject({
      type: 'presence.v1.gap',
      data: { from: '2026-03-01T00:00:00.001Z', to: '2026-03-01T00:00:00.021Z' },
    });
    expect(subjects(events)).toEqual(Array.from({ length: 10 }, (_, i) => `user ${21 + i}`));
    expect(await read(feed)).toEqual([]);
    expect(onGap).toHaveBeenCalledOnce();
  });

  it('reports no gap if only events of other partitions were dropped', async () => {
    log = twoPartitions(10);
    commit(log, 1, 1);
    const feed = feedOf(log, after(0));
    await read(feed);
    for (let seq = 1; seq <= 30; seq++) commit(log, 0, seq);
    commit(log, 1, 2);
    expect(subjects(await read(feed))).toEqual(['user 2']);
    expect(onGap).not.toHaveBeenCalled();
  });

  it('reports a gap for a position of another numbering', async () => {
    for (const seq of [1, 2]) commit(log, 1, seq);
    const events = await read(feedOf(log, { ...after(1), mark: 12345 }));
    expect(subjects(events)).toEqual(['presence.v1.gap', 'user 1', 'user 2']);
  });

  it('reports a gap where the node could not follow the partition', async () => {
    commit(log, 1, 1);
    const feed = feedOf(log, after(0));
    await read(feed);
    commit(log, 1, 2);
    const reset = { partition: 1, seq: 20, mark: MARK + 20 };
    log.begin(reset);
    feed.noteReset();
    for (const userId of ['ann', 'bob']) commit(log, 1, 20, ['USER_ONLINE'], userId);
    commit(log, 1, 21);
    const events = [...(await read(feed)), ...(await read(feed))];
    expect(subjects(events)).toEqual(['user 2', 'presence.v1.gap', 'ann', 'bob', 'user 21']);
    expect(events[1]!.data.from).toBe('2026-03-01T00:00:00.002Z');
    expect(new Set(events.map(({ id }) => id)).size).toBe(5);
    expect(feed.position).toEqual(after(21));
  });

  it('reports a gap where the store has lost commits that the receiver has accepted', async () => {
    for (const seq of [1, 2, 3]) commit(log, 1, seq);
    const feed = feedOf(log, after(0));
    await read(feed);
    const reset = { partition: 1, seq: 1, mark: MARK + 1 };
    log.begin(reset);
    feed.noteReset();
    commit(log, 1, 1, ['USER_ONLINE'], 'ann');
    expect(subjects(await read(feed))).toEqual(['presence.v1.gap', 'ann']);
  });

  it('has only the kinds that are wanted, and remembers how far it has read', async () => {
    log = twoPartitions(10);
    const feed = feedOf(log, after(0), { kinds: new Set(['user_offline']) });
    for (let seq = 1; seq <= 30; seq++) {
      commit(log, 1, seq, ['USER_ONLINE']);
      expect(await read(feed)).toEqual([]);
    }
    commit(log, 1, 31, ['USER_OFFLINE', 'USER_STATUS_CHANGED']);
    expect((await read(feed)).map(({ type }) => type)).toEqual(['presence.v1.user_offline']);
    expect(onGap).not.toHaveBeenCalled();
  });

  it('ends a batch at 100 events and continues with the next commit', async () => {
    for (let seq = 1; seq <= 70; seq++)
      commit(log, 1, seq, ['USER_ONLINE', 'USER_STATUS_CHANGED', 'USER_CONNECTION_CHANGED']);
    const feed = feedOf(log, after(0));
    const sizes = [await read(feed), await read(feed), await read(feed)].map(
      ({ length }) => length,
    );
    expect(sizes).toEqual([99, 99, 12]);
  });

  it('finds its events in a long log of other partitions', async () => {
    log = twoPartitions(50_000);
    for (let seq = 1; seq <= 20_000; seq++) commit(log, 0, seq);
    commit(log, 1, 1);
    const feed = feedOf(log, after(0));
    expect(subjects(await read(feed))).toEqual(['user 1']);
  });

  it('waits until the node has what another node may have delivered', async () => {
    commit(log, 1, 1);
    const feed = feedOf(log, after(2), {
      awaitCurrent: () => {
        commit(log, 1, 2);
        commit(log, 1, 3);
        return Promise.resolve();
      },
    });
    expect(subjects(await read(feed))).toEqual(['user 3']);
  });
});
