import { randomUUID } from 'node:crypto';
import fc, { runs } from '../../test/support/seeded-fast-check.js';
import { describe, expect, it } from 'vitest';
import {
  connect,
  continueWith,
  disconnect,
  given,
  join,
  joinToo,
  leave,
  playWith,
  POLICY,
  time,
  type Story,
} from '../../test/support/play.js';
import { MAX_CHANNELS_PER_SESSION, MAX_MEMBERSHIP_BYTES, membershipsOf } from './memberships.js';
import { channelIdsOf } from './presence.js';
import { newUser, type User } from './user.js';

const channels = (user: User): readonly string[] => channelIdsOf(user.shown);

const twoTabs = given(
  [0, connect('a')],
  [0, connect('b')],
  [1, join('a', 'doc-1')],
  [2, joinToo('b', 'doc-2')],
);

describe('A user in several channels', () => {
  it('is in all of them, and the one joined last is the current one', () => {
    expect(channels(twoTabs.user)).toEqual(['doc-1', 'doc-2']);
    expect(twoTabs.user.shown.channelId).toBe('doc-2');
    expect(twoTabs.events.at(-1)?.change).toEqual({
      kind: 'USER_CHANNEL_CHANGED',
      previousChannelId: 'doc-1',
      joinedChannelIds: ['doc-2'],
      leftChannelIds: [],
    });
  });

  it('leaves the channels of a session when that session ends', () => {
    const { user, events } = continueWith(twoTabs.user, [[3, disconnect('b')]]);
    expect(channels(user)).toEqual(['doc-1']);
    expect(events[0]?.change).toEqual({
      kind: 'USER_CHANNEL_CHANGED',
      previousChannelId: 'doc-2',
      joinedChannelIds: [],
      leftChannelIds: ['doc-2'],
    });
  });

  it('keeps the current channel when another one is left, and the event says so', () => {
    const { user, events } = continueWith(twoTabs.user, [[3, disconnect('a')]]);
    expect(channels(user)).toEqual(['doc-2']);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      previousChannelId: 'doc-2',
      previousOtherChannelIds: ['doc-1'],
      presence: { channelId: 'doc-2' },
      change: { previousChannelId: 'doc-2', leftChannelIds: ['doc-1'] },
    });
  });

  it('stays in a channel that two sessions joined until both have ended', () => {
    const { user } = continueWith(twoTabs.user, [[3, joinToo('b', 'doc-1')]]);
    const one = continueWith(user, [[4, disconnect('a')]]).user;
    expect(channels(one)).toEqual(['doc-1', 'doc-2']);
    expect(channels(continueWith(one, [[5, disconnect('b')]]).user)).toEqual([]);
  });

  it('leaves all other channels on all sessions by joining without keeping them', () => {
    const { user } = continueWith(twoTabs.user, [[3, join('b', 'lobby')]]);
    expect(channels(user)).toEqual(['lobby']);
    expect(user.earlierChannels).toEqual([]);
  });

  it('leaves one channel by name, on all sessions', () => {
    const { user, eventLines } = continueWith(twoTabs.user, [
      [3, joinToo('b', 'doc-1')],
      [4, leave('b', 'doc-1')],
    ]);
    expect(channels(user)).toEqual(['doc-2']);
    expect(eventLines).toEqual([
      '3 USER_CHANNEL_CHANGED REQUESTED',
      '4 USER_CHANNEL_CHANGED REQUESTED',
    ]);
  });

  it('leaves all channels when no channel is named', () => {
    expect(channels(continueWith(twoTabs.user, [[3, leave('a')]]).user)).toEqual([]);
  });

  it('can leave a channel twice, or one never joined, without an event', () => {
    expect(continueWith(twoTabs.user, [[3, leave('a', 'doc-9')]]).eventLines).toEqual([]);
  });

  it('makes a channel the current one by joining it again', () => {
    const { user, events } = continueWith(twoTabs.user, [[3, joinToo('a', 'doc-1')]]);
    expect(user.shown.channelId).toBe('doc-1');
    expect(events[0]?.change).toMatchObject({ joinedChannelIds: [], leftChannelIds: [] });
  });

  it('keeps the channels of a session that a new session succeeds', () => {
    const { user } = continueWith(twoTabs.user, [
      [3, joinToo('b', 'doc-3')],
      [4, connect('c', { previousSessionId: 'b' })],
      [5, disconnect('b')],
    ]);
    expect(channels(user)).toEqual(['doc-1', 'doc-2', 'doc-3']);
    expect(channels(continueWith(user, [[6, disconnect('c')]]).user)).toEqual(['doc-1']);
  });

  it('keeps the channels of a lost session until its grace ends', () => {
    const policy = { ...POLICY, reconnectGraceMs: 50 };
    const { user: lost } = playWith(policy)(
      [0, connect('a')],
      [0, connect('b')],
      [1, join('a', 'doc-1')],
      [2, joinToo('b', 'doc-2')],
      [3, disconnect('b', 'CONNECTION_LOST')],
    );
    expect(channels(lost)).toEqual(['doc-1', 'doc-2']);
    const back = continueWith(lost, [[4, connect('c', { previousSessionId: 'b' })]], policy).user;
    expect(channels(back)).toEqual(['doc-1', 'doc-2']);
    expect(channels(continueWith(lost, [[53, time]], policy).user)).toEqual(['doc-1']);
  });

  it('can be in 50 channels with one session, and no more', () => {
    const all = Array.from({ length: MAX_CHANNELS_PER_SESSION }, (_, i) => `c${i}`);
    const { user } = given([0, connect('a')], ...all.map((id) => [1, joinToo('a', id)] as const));
    expect(channels(user)).toHaveLength(50);
    expect(() => continueWith(user, [[2, joinToo('a', 'c50')]])).toThrow('50 channels');
    expect(channels(continueWith(user, [[2, joinToo('a', 'c7')]]).user)).toHaveLength(50);
    expect(channels(continueWith(user, [[2, join('a', 'c50')]]).user)).toEqual(['c50']);
  });

  it('has memberships of at most 64 KiB on all sessions', () => {
    const long = (i: number): string => `${i}`.padEnd(8, '-') + '🦊'.repeat(119);
    const fitting = Math.floor(MAX_MEMBERSHIP_BYTES / (8 + 476 + 16));
    const { user } = given(
      ...['a', 'b', 'c'].map((id) => [0, connect(id)] as const),
      ...Array.from({ length: fitting }, (_, i) => [1, joinToo('abc'[i % 3]!, long(i))] as const),
    );
    expect(membershipsOf(user)).toHaveLength(fitting);
    const one = (id: string): Story => continueWith(user, [[2, joinToo('a', id)]]);
    expect(() => one(long(fitting))).toThrow(
      expect.objectContaining({ reason: 'TOO_MANY_CHANNELS', field: 'channel_id' }),
    );
    expect(membershipsOf(one('short').user)).toHaveLength(fitting + 1);
    expect(membershipsOf(one(long(0)).user)).toHaveLength(fitting);
    const left = continueWith(user, [
      [2, leave('a', long(0))],
      [3, joinToo('a', long(fitting))],
    ]);
    expect(membershipsOf(left.user)).toHaveLength(fitting);
  });

  it('has 20 sessions in 48 channels each, whose ids are UUIDs', () => {
    const policy = { ...POLICY, maxSessionsPerUser: 20 };
    const sessions = Array.from({ length: 20 }, (_, i) => `s${i}`);
    const joins = sessions.flatMap((id) =>
      Array.from({ length: 48 }, () => [1, joinToo(id, randomUUID())] as const),
    );
    const { user } = playWith(policy)(...sessions.map((id) => [0, connect(id)] as const), ...joins);
    expect(membershipsOf(user)).toHaveLength(960);
  });

  it('is in no channel for others while INVISIBLE', () => {
    const { user } = continueWith(twoTabs.user, [
      [
        3,
        {
          type: 'setStatus',
          sessionId: 'a',
          choice: 'INVISIBLE',
          statusText: '',
          expiresAt: undefined,
        },
      ],
    ]);
    expect(channels(user)).toEqual([]);
    expect(channelIdsOf(user.own)).toEqual(['doc-1', 'doc-2']);
  });
});

describe('In every history', () => {
  const sessions = ['a', 'b', 'c'] as const;
  const commands = fc.record({
    sessionId: fc.constantFrom(...sessions),
    channelId: fc.constantFrom('x', 'y', 'z'),
    type: fc.constantFrom('join', 'joinToo', 'leave', 'leaveAll', 'end', 'connect'),
  });

  it('the channels of a user are those that live sessions joined and no command left', () => {
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 40 }), (all) => {
        let user = newUser('alice');
        const joined = new Map<string, Set<string>>();
        for (const [at, { sessionId, channelId, type }] of all.entries()) {
          const own = joined.get(sessionId);
          const isLive = own !== undefined;
          if (type === 'connect' ? isLive : !isLive) continue;
          const forgetAll = (): void => {
            for (const ids of joined.values()) ids.clear();
          };
          if (type === 'connect') {
            joined.set(sessionId, new Set());
            user = continueWith(user, [[at, connect(sessionId)]]).user;
          } else if (type === 'end') {
            joined.delete(sessionId);
            user = continueWith(user, [[at, disconnect(sessionId)]]).user;
          } else if (type === 'leave') {
            for (const ids of joined.values()) ids.delete(channelId);
            user = continueWith(user, [[at, leave(sessionId, channelId)]]).user;
          } else if (type === 'leaveAll') {
            forgetAll();
            user = continueWith(user, [[at, leave(sessionId)]]).user;
          } else {
            if (type === 'join') forgetAll();
            own!.add(channelId);
            user = continueWith(user, [[at, join(sessionId, channelId, type === 'joinToo')]]).user;
          }
          const expected = new Set([...joined.values()].flatMap((ids) => [...ids]));
          expect(channels(user)).toEqual([...expected].sort());
        }
      }),
      { numRuns: runs(300) },
    );
  });
});
