import { describe, expect, it } from 'vitest';
import {
  ADMIN,
  choose,
  connect,
  continueWith,
  disconnect,
  given,
  join,
  joinToo,
  moderateMute,
  moveUser,
  mute,
  removeUser,
  time,
} from '../../test/support/play.js';
import { historyOf, membershipsOf } from './memberships.js';
import type { Moderator } from './moderation.js';
import { accessRules, type Hiding } from './access-rules.js';
import { channelIdsOf, offlineFrom } from './presence.js';
import { unrestrictedViewer } from './viewer.js';
import type { Input } from './input.js';
import { newUser, type StatusChoice, type User } from './user.js';

const onStage = given([0, connect('a')], [1, join('a', 'stage')]);
const mutedMicrophone = { isMicrophoneMuted: true, isSpeakerMuted: false };

const channels = (user: User): readonly string[] => channelIdsOf(user.shown);

describe("A moderator's mute", () => {
  const muted = continueWith(onStage.user, [[2, moderateMute({ microphone: true })]]);

  it("is separate from the user's own mute, and the event has the previous state", () => {
    expect(muted.eventLines).toEqual(['2 USER_MUTE_STATE_CHANGED MODERATED']);
    expect(muted.events[0]?.change).toEqual({
      kind: 'USER_MUTE_STATE_CHANGED',
      wasMicrophoneMuted: false,
      wasSpeakerMuted: false,
      moderatorMuteBefore: { isMicrophoneMuted: false, isSpeakerMuted: false },
    });
    expect(muted.user.shown).toMatchObject({
      isMicrophoneMuted: false,
      moderatorMute: mutedMicrophone,
    });
  });

  it.each([
    ['unmuting', [[3, mute('a', { microphone: false })]]],
    ['joining another channel', [[3, join('a', 'lobby')]]],
    [
      'another device',
      [
        [3, connect('b')],
        [4, disconnect('a')],
      ],
    ],
    [
      'a reconnect',
      [
        [3, disconnect('a')],
        [4, connect('b')],
      ],
    ],
    [
      'INVISIBLE',
      [
        [3, choose('a', 'INVISIBLE')],
        [4, choose('a', 'AUTOMATIC')],
      ],
    ],
  ] as const)('is not lifted by %s', (_, lines) => {
    const { user } = continueWith(muted.user, lines);
    expect(user.shown.moderatorMute).toEqual(mutedMicrophone);
  });

  it('is lifted by a moderator, and a state that is not named stays', () => {
    const both = continueWith(muted.user, [[3, moderateMute({ speaker: true })]]).user;
    expect(both.shown.moderatorMute).toEqual({ isMicrophoneMuted: true, isSpeakerMuted: true });
    const { user, eventLines } = continueWith(both, [[4, moderateMute({ microphone: false })]]);
    expect(user.shown.moderatorMute).toEqual({ isMicrophoneMuted: false, isSpeakerMuted: true });
    expect(eventLines).toEqual(['4 USER_MUTE_STATE_CHANGED MODERATED']);
  });

  it('is no activity, and repeating it announces nothing', () => {
    const { user, eventLines } = continueWith(muted.user, [
      [500, moderateMute({ microphone: true })],
    ]);
    expect(eventLines).toEqual([]);
    expect(user.own.lastActiveAt).toBe(1);
  });
});

describe('A moderator', () => {
  it('removes a user from a channel, on all sessions', () => {
    const { user, eventLines } = continueWith(onStage.user, [
      [2, connect('b')],
      [3, joinToo('b', 'stage')],
      [4, joinToo('b', 'lobby')],
      [5, removeUser('stage')],
    ]);
    expect(channels(user)).toEqual(['lobby']);
    expect(eventLines.at(-1)).toBe('5 USER_CHANNEL_CHANGED MODERATED');
  });

  it('moves a user on the sessions that are in the channel', () => {
    const { user, events } = continueWith(onStage.user, [
      [2, connect('b')],
      [3, joinToo('b', 'lobby')],
      [4, moveUser('stage', 'audience')],
    ]);
    expect(channels(user)).toEqual(['audience', 'lobby']);
    expect(events.at(-1)?.change).toMatchObject({
      joinedChannelIds: ['audience'],
      leftChannelIds: ['stage'],
    });
    expect(channels(continueWith(user, [[5, disconnect('a')]]).user)).toEqual(['lobby']);
  });

  it('cannot move a user to a channel whose id makes the memberships too large', () => {
    const long = (i: number): string => `${i}`.padEnd(8, '-') + '🦊'.repeat(119);
    const full = given(
      ...['a', 'b', 'c'].map((id) => [0, connect(id)] as const),
      [1, joinToo('a', 'stage')],
      ...Array.from({ length: 131 }, (_, i) => [1, joinToo('abc'[i % 3]!, long(i))] as const),
    );
    expect(() => continueWith(full.user, [[2, moveUser('stage', long(131))]])).toThrow(
      expect.objectContaining({ reason: 'TOO_MANY_CHANNELS', field: 'to_channel_id' }),
    );
    const { user } = continueWith(full.user, [[2, moveUser(long(0), long(131))]]);
    expect(channels(user)).toContain(long(131));
  });

  it('decides the channel of a client that reconnects with older choices', () => {
    const remembered = {
      status: undefined,
      microphone: undefined,
      speaker: undefined,
      channel: {
        version: onStage.user.choiceVersions.channel!,
        clearedVersion: historyOf(onStage.user).clearedAt,
        channels: membershipsOf(onStage.user).map(({ channelId }) => ({ channelId, isHeld: true })),
      },
    };
    const { user } = continueWith(onStage.user, [
      [2, removeUser('stage')],
      [3, disconnect('a', 'CONNECTION_LOST')],
      [4, connect('b', { previousSessionId: 'a', remembered })],
    ]);
    expect(channels(user)).toEqual([]);
  });

  it.each([
    ['who is OFFLINE', newUser('alice'), 'is OFFLINE'],
    [
      'who is INVISIBLE',
      continueWith(onStage.user, [[2, choose('a', 'INVISIBLE')]]).user,
      'is OFFLINE',
    ],
    ['who is elsewhere', continueWith(onStage.user, [[2, join('a', 'x')]]).user, 'not in this'],
  ])('cannot move or remove a user %s', (_, user, message) => {
    expect(() => continueWith(user, [[3, removeUser('stage')]])).toThrow(message);
    expect(() => continueWith(user, [[3, moveUser('stage', 'lobby')]])).toThrow(message);
  });

  it('cannot mute a user who is shown OFFLINE', () => {
    const { user } = continueWith(onStage.user, [[2, choose('a', 'INVISIBLE')]]);
    expect(() => continueWith(user, [[3, moderateMute({ microphone: true })]])).toThrow(
      'is OFFLINE',
    );
  });
});

describe('A moderator without the scope of an admin', () => {
  const of = (...channelIds: readonly string[]): Moderator => ({
    viewer: unrestrictedViewer('mona'),
    moderates: (channelId) => channelIds.includes(channelId),
  });
  const onBoth = continueWith(onStage.user, [[2, joinToo('a', 'lobby')]]).user;
  const refused = 'needs a token that grants moderate';

  it('gets the error about a user who is OFFLINE for one whom it does not see', () => {
    const mute = (moderator: Moderator): Input => moderateMute({ microphone: true }, moderator);
    const presence = offlineFrom(onStage.user.shown, 9);
    const hiddenFrom = new Map<string, Hiding>([
      ['mona', { presence, endedAt: undefined, endedVersion: 0 }],
      [ADMIN.viewer.userId, { presence, endedAt: undefined, endedVersion: 0 }],
    ]);
    const hiding = { ...onStage.user, accessRules: accessRules(hiddenFrom, undefined) };
    const commands = [moveUser('stage', 'lobby', of('stage')), removeUser('stage', of('stage'))];
    for (const command of [mute(of('stage')), ...commands])
      expect(() => continueWith(hiding, [[3, command]])).toThrow('the user is OFFLINE');
    // The commands of an admin reach a user who hides.
    expect(continueWith(hiding, [[3, mute(ADMIN)]]).eventLines).toHaveLength(1);

    const viewer = {
      ...of().viewer,
      groups: new Set(['acme']),
      mayWatch: () => false,
      rights: 'r',
    };
    const stranger = { ...of('stage'), viewer };
    expect(() => continueWith(onStage.user, [[3, mute(stranger)]])).toThrow('is OFFLINE');
  });

  it('gets the error about a user who is not in a channel that it may not watch', () => {
    const viewer = { ...of().viewer, mayWatch: (id: string) => id === 'lobby', rights: 'r' };
    const command = removeUser('stage', { viewer, moderates: () => true });
    expect(() => continueWith(onBoth, [[3, command]])).toThrow('not in this channel');
  });

  it('mutes users who are in one of the granted channels', () => {
    const microphone = { microphone: true };
    const { user } = continueWith(onBoth, [[3, moderateMute(microphone, of('stage'))]]);
    expect(user.shown.moderatorMute).toEqual(mutedMicrophone);
    expect(() => continueWith(onBoth, [[3, moderateMute(microphone, of('other'))]])).toThrow(
      refused,
    );
  });

  it('removes users from the granted channels only', () => {
    const { user } = continueWith(onBoth, [[3, removeUser('stage', of('stage'))]]);
    expect(channels(user)).toEqual(['lobby']);
    expect(() => continueWith(onBoth, [[3, removeUser('lobby', of('stage'))]])).toThrow(refused);
  });

  it('moves users only between granted channels', () => {
    const { user } = continueWith(onBoth, [[3, moveUser('stage', 'x', of('stage', 'x'))]]);
    expect(channels(user)).toEqual(['lobby', 'x']);
    for (const moderator of [of('stage'), of('x')]) {
      expect(() => continueWith(onBoth, [[3, moveUser('stage', 'x', moderator)]])).toThrow(refused);
    }
  });

  it('gets the same error about a user who is INVISIBLE as about one who is OFFLINE, with and without the grant', () => {
    const hidden = continueWith(onBoth, [[3, choose('a', 'INVISIBLE')]]).user;
    for (const user of [hidden, newUser('alice')]) {
      for (const moderator of [of('stage'), of()]) {
        expect(() => continueWith(user, [[4, removeUser('stage', moderator)]])).toThrow(
          'the user is OFFLINE',
        );
      }
    }
  });
});

describe('A status that a backend sets', () => {
  const inMeeting = (choice: StatusChoice = 'DO_NOT_DISTURB'): Input => ({
    type: 'setStatus',
    sessionId: undefined,
    choice,
    statusText: 'In a meeting',
    expiresAt: 100,
  });

  it('is shown at once, is no activity, and expires', () => {
    const { user, eventLines } = continueWith(onStage.user, [
      [50, inMeeting()],
      [100, time],
    ]);
    expect(eventLines).toEqual([
      '50 USER_STATUS_CHANGED MODERATED',
      '100 USER_STATUS_CHANGED STATUS_EXPIRED',
    ]);
    expect(user.own).toMatchObject({ status: 'ONLINE', lastActiveAt: 1 });
  });

  it('is stored for a user who is not connected, also for one never seen', () => {
    const set = continueWith(newUser('alice'), [[50, inMeeting()]]);
    expect(set.eventLines).toEqual([]);
    expect(set.user.shown.status).toBe('OFFLINE');
    const { user } = continueWith(set.user, [[60, connect('a')]]);
    expect(user.shown).toMatchObject({ status: 'DO_NOT_DISTURB', statusText: 'In a meeting' });
    expect(
      continueWith(set.user, [
        [100, time],
        [101, connect('a')],
      ]).user.shown,
    ).toMatchObject({
      status: 'ONLINE',
      statusText: '',
    });
  });

  it('that hides the user looks like a disconnect', () => {
    const { eventLines } = continueWith(onStage.user, [[50, inMeeting('INVISIBLE')]]);
    expect(eventLines).toEqual([
      '50 USER_CHANNEL_CHANGED DISCONNECTED',
      '50 USER_OFFLINE DISCONNECTED',
    ]);
  });
});
