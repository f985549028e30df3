import { describe, expect, it } from 'vitest';
import {
  connect,
  continueWith,
  disconnect,
  given,
  join,
  joinToo,
  leave,
} from '../../test/support/play.js';
import type { RememberedChoices } from './choices.js';
import {
  historyOf,
  MAX_CHANNELS_PER_SESSION,
  MAX_MEMBERSHIP_BYTES,
  membershipsOf,
} from './memberships.js';
import { channelIdsOf } from './presence.js';
import type { User } from './user.js';

const channels = (user: User): readonly string[] => channelIdsOf(user.shown);

const twoTabs = given(
  [0, connect('a')],
  [0, connect('b')],
  [1, join('a', 'doc-1')],
  [2, joinToo('b', 'doc-2')],
);

/** The choices that the client of this session received last. */
function rememberedBy(user: User, sessionId: string): RememberedChoices {
  return {
    status: undefined,
    microphone: undefined,
    speaker: undefined,
    channel: {
      version: user.choiceVersions.channel!,
      clearedVersion: historyOf(user).clearedAt,
      channels: membershipsOf(user).map((each) => ({
        channelId: each.channelId,
        isHeld: each.sessionId === sessionId,
        joinedVersion: each.joinedAt,
      })),
    },
  };
}

describe('A client that reconnects', () => {
  const remembered = rememberedBy(twoTabs.user, 'a');
  const returning = connect('c', { previousSessionId: 'a', remembered });
  const alone = continueWith(twoTabs.user, [[3, disconnect('a', 'CONNECTION_LOST')]]).user;

  it('joins the channels of its session again', () => {
    expect(channels(continueWith(alone, [[9, returning]]).user)).toEqual(['doc-1', 'doc-2']);
  });

  it('joins as many again as the limits allow, and the connect succeeds', () => {
    const held = (channelIds: readonly string[]): RememberedChoices => ({
      ...rememberedBy(twoTabs.user, 'a'),
      channel: {
        version: 5000,
        clearedVersion: 1,
        channels: channelIds.map((channelId) => ({ channelId, isHeld: true })),
      },
    });
    const ids = (length: number, text: string): readonly string[] =>
      Array.from({ length }, (_, i) => `${i}${text}`);
    const many = given([9, connect('c', { remembered: held(ids(60, '')) })]);
    expect(membershipsOf(many.user)).toHaveLength(MAX_CHANNELS_PER_SESSION);

    const large = ids(50, '🦊'.repeat(126));
    const { user } = given(
      [9, connect('c', { remembered: held(large) })],
      [9, connect('d', { remembered: held(large) })],
      [9, connect('e', { remembered: held(large) })],
    );
    const fitting = Math.floor(MAX_MEMBERSHIP_BYTES / (2 + 504 + 16));
    expect(membershipsOf(user)).toHaveLength(fitting);
  });

  it('does not move its channels behind those that were joined later', () => {
    const { user } = continueWith(alone, [[9, returning]]);
    expect(user.shown.channelId).toBe('doc-2');
    const later = continueWith(alone, [
      [4, joinToo('b', 'doc-3')],
      [5, joinToo('b', 'doc-2')],
      [6, leave('b', 'doc-4')],
      [9, returning],
    ]).user;
    expect(membershipsOf(later).map(({ channelId }) => channelId)).toEqual([
      ...['doc-1', 'doc-3', 'doc-2'],
    ]);
  });

  it('of an earlier release, joins its channels again before those of later commands', () => {
    const channels = remembered.channel!.channels.map((each) => ({
      ...each,
      joinedVersion: undefined,
    }));
    const old = connect('c', {
      previousSessionId: 'a',
      remembered: { ...remembered, channel: { ...remembered.channel!, channels } },
    });
    const { user } = continueWith(alone, [
      [4, joinToo('b', 'doc-3')],
      [9, old],
    ]);
    expect(membershipsOf(user).map(({ channelId }) => channelId)).toEqual([
      ...['doc-2', 'doc-1', 'doc-3'],
    ]);
  });

  it('joins them also after another session joined and left other channels', () => {
    const { user } = continueWith(alone, [
      [4, joinToo('b', 'doc-3')],
      [5, leave('b', 'doc-2')],
      [9, returning],
    ]);
    expect(channels(user)).toEqual(['doc-1', 'doc-3']);
  });

  it.each([
    ['left that channel', leave('b', 'doc-1'), ['doc-2']],
    ['left all channels', leave('b'), []],
    ['joined another one without keeping the others', join('b', 'lobby'), ['lobby']],
  ])('does not join a channel again after the user %s', (_, command, expected) => {
    const { user } = continueWith(alone, [
      [4, command],
      [9, returning],
    ]);
    expect(channels(user)).toEqual(expected);
  });

  it('does not join again a channel that was left, however many others were left since', () => {
    const many = Array.from({ length: 40 }, (_, i) => [5, leave('b', `x${i}`)] as const);
    const { user } = continueWith(alone, [[4, leave('b', 'doc-1')], ...many, [9, returning]]);
    expect(channels(user)).toEqual(['doc-2']);
    expect(user.channelHistory?.left.length).toBeLessThanOrEqual(16);
  });

  it('restores its channels to a service that has lost them, in any order of the clients', () => {
    const [a, b] = [
      connect('c', { previousSessionId: 'a', remembered }),
      connect('d', { previousSessionId: 'b', remembered: rememberedBy(twoTabs.user, 'b') }),
    ];
    for (const order of [
      [a, b],
      [b, a],
    ] as const) {
      const { user } = given([100, order[0]], [101, order[1]]);
      expect(channels(user)).toEqual(['doc-1', 'doc-2']);
      expect(user.shown.channelId).toBe('doc-2');
    }
  });

  it('does not restore a channel that a later command left, when the client of that command returns first', () => {
    const later = continueWith(twoTabs.user, [[5, join('b', 'lobby')]]).user;
    const b = connect('d', { previousSessionId: 'b', remembered: rememberedBy(later, 'b') });
    for (const order of [
      [returning, b],
      [b, returning],
    ] as const) {
      expect(channels(given([100, order[0]], [101, order[1]]).user)).toEqual(['lobby']);
    }
  });
});
