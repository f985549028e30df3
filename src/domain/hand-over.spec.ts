import { describe, expect, it } from 'vitest';
import {
  connect,
  continueWith,
  disconnect,
  joinToo,
  playWith,
  time,
  type Line,
  type Story,
} from '../../test/support/play.js';
import type { Input, TokenGrants } from './input.js';
import { channelIdsOf } from './presence.js';
import { newUser } from './user.js';

const STRONG: TokenGrants = {
  groups: [],
  issuedAt: 1,
  mayJoin: (channelId) => channelId !== 'attic',
  joinRights: 'all but the attic',
};
const WEAK: TokenGrants = {
  groups: [],
  issuedAt: 2,
  mayJoin: (channelId) => channelId === 'lobby',
  joinRights: 'the lobby',
};
const UNRESTRICTED: TokenGrants = { groups: [], issuedAt: 2, mayJoin: undefined };

const play = playWith({ reconnectGraceMs: 100 });
const revokeStrong: Input = { type: 'revokeTokens', issuedBefore: 2000 };

function channelsOf({ user }: Story): readonly string[] {
  return channelIdsOf(user.own);
}

/** Session `b` succeeds `a`, which then joins the vault and ends. */
function inherited(a: TokenGrants, b: TokenGrants, ...end: readonly Line[]): readonly string[] {
  return channelsOf(
    play(
      [0, connect('a', { token: a, tokenExpiresAt: 1000 })],
      [1, connect('b', { token: b, previousSessionId: 'a' })],
      [2, joinToo('a', 'vault')],
      ...end,
    ),
  );
}

const ENDS: readonly (readonly [string, readonly Line[]])[] = [
  ['disconnects', [[3, disconnect('a')]]],
  ['is lost', [[3, disconnect('a', 'CONNECTION_LOST')]]],
  ['expires with its token', [[1000, time]]],
  ['ends by a revocation', [[3, revokeStrong]]],
];

describe('The channels of a session that ends', () => {
  it.each(ENDS)('are left if its successor has other grants, when it %s', (_, end) => {
    expect(inherited(STRONG, WEAK, ...end)).toEqual([]);
  });

  it.each(ENDS)('go to its successor if both have the same grants, when it %s', (_, end) => {
    expect(inherited(STRONG, { ...STRONG, issuedAt: 2 }, ...end)).toEqual(['vault']);
  });

  it('go to a successor that may join every channel', () => {
    expect(inherited(STRONG, UNRESTRICTED, ...ENDS[0]![1])).toEqual(['vault']);
    expect(inherited(UNRESTRICTED, UNRESTRICTED, ...ENDS[0]![1])).toEqual(['vault']);
    expect(inherited(UNRESTRICTED, WEAK, ...ENDS[0]![1])).toEqual([]);
  });

  it.each([
    ['are left if the session before has other grants', WEAK, []],
    ['go to the session before if both have the same grants', STRONG, ['vault']],
  ] as const)('%s', (_, a, expected) => {
    const story = play(
      [0, connect('a', { token: a })],
      [1, connect('b', { token: STRONG, previousSessionId: 'a' })],
      [2, joinToo('b', 'vault')],
      [3, disconnect('b')],
    );
    expect(story.user.sessions).toHaveLength(1);
    expect(channelsOf(story)).toEqual(expected);
  });

  it('stay with the other sessions that joined them', () => {
    const story = play(
      [0, connect('a', { token: STRONG })],
      [1, connect('b', { token: WEAK, previousSessionId: 'a' })],
      [2, joinToo('a', 'lobby')],
      [3, joinToo('a', 'vault')],
      [4, joinToo('b', 'lobby')],
      [5, disconnect('a')],
    );
    expect(channelsOf(story)).toEqual(['lobby']);
  });

  it('are left when a lost session is evicted for a session of another device', () => {
    const policy = { idleTimeoutMs: 1000, heartbeatTimeoutMs: 100, reconnectGraceMs: 100 };
    const { user } = continueWith(
      newUser('alice'),
      [
        [0, connect('a', { token: WEAK })],
        [1, connect('b', { token: STRONG, previousSessionId: 'a' })],
        [2, joinToo('b', 'vault')],
        [3, disconnect('b', 'CONNECTION_LOST')],
        [4, connect('c', { token: WEAK, platform: 'mobile' })],
      ],
      { ...policy, maxSessionsPerUser: 2 },
    );
    expect(user.sessions.map(({ sessionId }) => sessionId)).toEqual(['a', 'c']);
    expect(channelIdsOf(user.own)).toEqual([]);
  });
});
