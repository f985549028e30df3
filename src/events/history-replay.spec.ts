import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { EventWorld, nameOf, type Reader } from '../../test/support/events.js';
import { filterOf } from '../../test/support/log.js';
import { connect, hideFrom, join } from '../../test/support/play.js';
import { unrestrictedViewer } from '../domain/viewer.js';
import { Sync } from '../api/generated/presence/v1/events_service.pb.js';
import { CommitHistory, type HistoryPage } from '../store/commit-history.js';
import type { Commit, CommitPosition } from '../store/presence-store.js';
import { COMMITS_PER_PAGE } from './history-replay.js';

const USERS = ['ann', 'bob', 'cat'];

/** The commits of the store of a world. */
class RecordedHistory extends CommitHistory {
  commits: readonly Commit[] = [];
  /** Called at the beginning of each read. */
  onRead: () => Promise<void> | void = () => {};
  oldest = 0;
  reads = 0;
  atOnce = 0;
  mostAtOnce = 0;

  async readAfter({ seq }: CommitPosition, limit: number): Promise<HistoryPage | undefined> {
    expect(limit).toBeLessThanOrEqual(COMMITS_PER_PAGE);
    this.reads++;
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    await nextTurn();
    await this.onRead();
    this.atOnce--;
    if (seq < this.oldest) return undefined;
    const from = this.commits.findIndex(({ position }) => position.seq > seq);
    const commits = from < 0 ? [] : this.commits.slice(from, from + limit);
    const last = (commits.at(-1) ?? this.commits.at(-1)!).position;
    return { commits: commits, last };
  }

  isContinuousFrom(): boolean {
    return true;
  }

  async readOldest(): Promise<undefined> {
    return undefined;
  }

  async positionOf(partition: number, seq: number): Promise<CommitPosition | undefined> {
    await nextTurn();
    if (seq < this.oldest) return undefined;
    return { partition, seq, mark: this.commits[0]!.position.mark };
  }
}

describe('A subscriber whose position is no longer in the event log', () => {
  const history = new RecordedHistory();
  let world: EventWorld;
  let readers: Reader[] = [];
  afterEach(() => {
    for (const { subscription } of readers) subscription?.unsubscribe();
    readers = [];
    Object.assign(history, { onRead: () => {}, oldest: 0, reads: 0, mostAtOnce: 0 });
  });

  /** Starts a world with a small log. */
  async function begin(options: Partial<ConstructorParameters<typeof EventWorld>[0]> = {}) {
    world = new EventWorld({ size: 10, history, ...options });
    history.commits = world.commits;
    for (const userId of USERS) await world.happen(userId, connect(userId));
    return tokenNow();
  }

  async function tokenNow(): Promise<string> {
    const reader = await subscribe({ skipSnapshot: true });
    await eventually(() => reader.lastToken !== '', true);
    reader.subscription?.unsubscribe();
    return reader.lastToken;
  }

  const subscribe: EventWorld['subscribe'] = async (...args) => {
    const reader = await world.subscribe(...args);
    readers.push(reader);
    return reader;
  };

  let joins = 0;
  async function joinOften(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      const userId = USERS[joins % USERS.length]!;
      await world.happen(userId, join(userId, `${userId}-${joins++}`));
    }
  }

  const isCurrent = (reader: Reader): boolean =>
    reader.messages.some(({ sync }) => sync === Sync.SYNC_CURRENT);
  const untilCurrent = (reader: Reader): Promise<void> => eventually(() => isCurrent(reader), true);

  /** The events that were committed after some others. */
  const committedAfter = (count: number): readonly string[] =>
    world.committed.slice(count).map(nameOf);

  it('receives every missed event once and in order, also those that happen meanwhile', async () => {
    const resumeToken = await begin();
    const { length } = world.committed;
    await joinOften(1000);
    history.onRead = () => joinOften(5);
    const reader = await subscribe({ resumeToken });
    await untilCurrent(reader);
    await joinOften(3);
    await eventually(() => reader.events.length, world.committed.length - length);
    expect(reader.events).toEqual(committedAfter(length));
    expect(reader.hasBeenReset).toBe(false);
    expect(history.reads).toBeGreaterThan(3);
    expect(world.service.replays).toEqual({ continued: 1, reset: 0, ended: 0 });
  });

  it('can continue from the token of each message', async () => {
    const resumeToken = await begin();
    const { length } = world.committed;
    await joinOften(1000);
    const first = await subscribe({ resumeToken });
    await untilCurrent(first);
    for (const { resumeToken: token } of first.messages) {
      const read = first.messages.findIndex((message) => message.resumeToken === token);
      const before = first.messages.slice(0, read + 1).flatMap(({ events }) => events).length;
      const second = await subscribe({ resumeToken: token });
      await untilCurrent(second);
      expect(second.events).toEqual(committedAfter(length + before));
    }
    expect(first.messages.length).toBeGreaterThan(3);
  });

  it.each([
    ['users', { userIds: ['bob'] }, (name: string) => name.startsWith('bob')],
    ['channels', { channelIds: ['ann-0'] }, undefined],
    ['kinds', { kinds: ['USER_OFFLINE' as const] }, () => false],
  ])('receives only what matches its filter on %s', async (_, filter, isWanted) => {
    const resumeToken = await begin();
    const { length } = world.committed;
    joins = 0;
    await joinOften(500);
    const reader = await subscribe({ resumeToken, filter: filterOf(filter) });
    await untilCurrent(reader);
    const expected = isWanted
      ? committedAfter(length).filter(isWanted)
      : [committedAfter(length)[0], committedAfter(length)[3]];
    expect(reader.events).toEqual(expected);
    expect(reader.hasBeenReset).toBe(false);
  });

  it('is reset if a user was hidden from it in between', async () => {
    const resumeToken = await begin();
    await joinOften(300);
    await world.happen('ann', hideFrom('reader'));
    await joinOften(300);
    const reader = await subscribe({ resumeToken });
    await untilCurrent(reader);
    expect(reader.hasBeenReset).toBe(true);
    const reset = reader.messages.findIndex(({ sync }) => sync === Sync.SYNC_RESET);
    const snapshot = reader.messages.slice(reset).flatMap((message) => message.snapshot);
    expect(snapshot.map(({ userId }) => userId).sort()).toEqual(['bob', 'cat']);
    const other = await subscribe({ resumeToken }, { viewer: unrestrictedViewer('other') });
    await untilCurrent(other);
    expect(other.hasBeenReset).toBe(false);
  });

  it.each([
    ['at its position', 'before'],
    ['further on, while it receives events', 'meanwhile'],
  ])('is reset if the history does not continue %s', async (_, when) => {
    const resumeToken = await begin();
    await joinOften(1000);
    if (when === 'before') history.oldest = 900;
    else history.onRead = () => void (history.oldest = history.reads > 2 ? 900 : 0);
    const reader = await subscribe({ resumeToken });
    await untilCurrent(reader);
    expect(reader.hasBeenReset).toBe(true);
    expect(world.service.resets.resume_token).toBe(1);
    expect(world.service.replays).toEqual({ continued: 0, reset: 1, ended: 0 });
    expect(reader.messages.flatMap(({ snapshot }) => snapshot)).toHaveLength(USERS.length);
  });

  it('is reset at once if its rights need the state before each commit', async () => {
    const resumeToken = await begin();
    await joinOften(100);
    const filter = filterOf({ groupIds: ['acme'] });
    const reader = await subscribe({ resumeToken, filter }, { groups: ['acme'] });
    await untilCurrent(reader);
    expect(reader.hasBeenReset).toBe(true);
    expect(history.reads).toBe(0);
  });

  it('shares the event loop with others, a page at a time', async () => {
    const resumeToken = await begin();
    await joinOften(2000);
    const all = await Promise.all(Array.from({ length: 8 }, () => subscribe({ resumeToken })));
    for (const reader of all) await untilCurrent(reader);
    expect(history.mostAtOnce).toBe(1);
    for (const reader of all) expect(reader.events).toEqual(all[0]!.events);
  });

  it('is reset if too many others receive missed events, unless it is an admin', async () => {
    const resumeToken = await begin({ historyReaders: 1 });
    const { length } = world.committed;
    await joinOften(1000);
    const slow = await subscribe({ resumeToken }, { credits: 1 });
    await eventually(() => slow.messages.length, 1);
    const other = await subscribe({ resumeToken });
    await untilCurrent(other);
    expect(other.hasBeenReset).toBe(true);
    const admin = await subscribe({ resumeToken }, { isAdmin: true });
    await untilCurrent(admin);
    expect(admin.events).toEqual(committedAfter(length));
    slow.letGoOn(Infinity);
    await untilCurrent(slow);
    expect(slow.events).toEqual(committedAfter(length));
    const next = await subscribe({ resumeToken });
    await untilCurrent(next);
    expect(next.hasBeenReset).toBe(false);
  });

  it('receives the next page only when it has read the one before', async () => {
    const resumeToken = await begin();
    await joinOften(1000);
    const reader = await subscribe({ resumeToken }, { credits: 2 });
    await eventually(() => reader.messages.length, 2);
    for (let i = 0; i < 10; i++) await nextTurn();
    expect(history.reads).toBe(2);
    reader.letGoOn(Infinity);
    await untilCurrent(reader);
    expect(reader.hasBeenReset).toBe(false);
  });

  it('waits while the read limit of its user is used up', async () => {
    const resumeToken = await begin({ presencesPerSecond: 100 });
    const { length } = world.committed;
    await joinOften(1000);
    const reader = await subscribe({ resumeToken });
    await eventually(() => history.reads, 1);
    await eventually(() => reader.events.length, COMMITS_PER_PAGE);
    for (let i = 0; i < 10; i++) await nextTurn();
    expect(history.reads).toBe(1);
    await eventually(() => {
      world.clock.advance(1000);
      return isCurrent(reader);
    }, true);
    expect(reader.events).toEqual(committedAfter(length));
  });

  it('ends when its token expires, and reads no more when it has ended', async () => {
    const resumeToken = await begin();
    await joinOften(1000);
    const expiresAt = world.clock.wall() + 1000;
    const expiring = await subscribe({ resumeToken }, { credits: 1, expiresAt });
    const leaving = await subscribe({ resumeToken }, { credits: 1 });
    await eventually(() => [expiring.messages.length, leaving.messages.length], [1, 1]);
    leaving.subscription?.unsubscribe();
    world.clock.advance(1000);
    expiring.letGoOn(Infinity);
    await eventually(() => expiring.rejection?.reason, 'TOKEN_EXPIRED');
    leaving.letGoOn(1);
    for (let i = 0; i < 10; i++) await nextTurn();
    expect(history.reads).toBe(2);
  });
});
