import { describe, expect, it } from 'vitest';
import {
  connect,
  continueWith,
  disconnect,
  given,
  hideFrom,
  join,
  playWith,
} from '../../test/support/play.js';
import type { Input } from './input.js';
import { isForgotten, isOnlyRevocation, newUser, retainOnEviction } from './user.js';

/** Begins a session with a token that was issued at a second. */
function connectAt(sessionId: string, issuedAt: number | undefined): Input {
  return connect(sessionId, { token: { groups: [], issuedAt, mayJoin: undefined } });
}

function revoke(issuedBefore: number): Input {
  return { type: 'revokeTokens', issuedBefore };
}

function forget(issuedBefore: number): Input {
  return { type: 'forgetRevocation', issuedBefore };
}

describe('A revocation of tokens', () => {
  it('ends the sessions of tokens that were issued before its moment, and no others', () => {
    const { user, ended, eventLines } = given(
      [0, connectAt('old', 1)],
      [1, connectAt('unknown', undefined)],
      [2, connectAt('new', 2)],
      [3, revoke(2000)],
    );
    expect(user.sessions.map(({ sessionId }) => sessionId)).toEqual(['new']);
    expect(ended).toEqual([
      { sessionId: 'old', cause: 'TOKEN_REVOKED' },
      { sessionId: 'unknown', cause: 'TOKEN_REVOKED' },
    ]);
    expect(eventLines.at(-1)).toBe('3 USER_CONNECTION_CHANGED TOKEN_REVOKED');
  });

  it('takes the user OFFLINE and out of the channels at once, although a lost session would have a grace', () => {
    const { user, ended, eventLines } = playWith({ reconnectGraceMs: 100 })(
      [0, connectAt('live', 1)],
      [1, join('live', 'lobby')],
      [2, connectAt('lost', 1)],
      [3, disconnect('lost', 'CONNECTION_LOST')],
      [4, revoke(1001)],
    );
    expect(user).toMatchObject({ sessions: [], channelId: undefined });
    expect(ended.slice(1)).toEqual([{ sessionId: 'live', cause: 'TOKEN_REVOKED' }]);
    expect(eventLines.at(-1)).toBe('4 USER_OFFLINE TOKEN_REVOKED');
  });

  it('rejects a Connect with an older token, and accepts one with a newer token', () => {
    const { user } = given([0, revoke(1001)]);
    for (const issuedAt of [0, 1, undefined]) {
      expect(() => continueWith(user, [[1, connectAt('a', issuedAt)]])).toThrow(/was revoked/);
    }
    expect(continueWith(user, [[1, connectAt('a', 2)]]).user.sessions).toHaveLength(1);
    expect(given([0, revoke(1000)], [1, connectAt('a', 1)]).user.sessions).toHaveLength(1);
  });

  it('is not undone by a revocation with an earlier time, and not changed by a repetition', () => {
    const { user } = given([0, revoke(2000)]);
    expect(continueWith(user, [[1, revoke(2000)]]).user).toBe(user);
    expect(continueWith(user, [[1, revoke(1000)]]).user).toBe(user);
    expect(continueWith(user, [[1, revoke(3000)]]).user.accessRules.tokensValidFrom).toBe(3000);
  });

  it('keeps the list of viewers from whom the user hides', () => {
    const { user } = given([0, connectAt('a', 1)], [1, hideFrom('bob')], [2, revoke(2000)]);
    expect([...user.accessRules.hiddenFrom.keys()]).toEqual(['bob']);
    const { user: forgotten } = continueWith(user, [[3, forget(2000)]]);
    expect([...forgotten.accessRules.hiddenFrom.keys()]).toEqual(['bob']);
    expect(forgotten.accessRules.tokensValidFrom).toBeUndefined();
  });

  it('is forgotten only if its time is not later than the given time', () => {
    const { user } = given([0, revoke(2000)]);
    expect(continueWith(user, [[1, forget(1999)]]).user).toBe(user);
    expect(continueWith(user, [[1, forget(2000)]]).user).toEqual(newUser('alice'));
  });

  it('is all that an eviction keeps of a user without a session', () => {
    const { user } = given([0, connectAt('a', 1)], [1, join('a', 'lobby')], [2, revoke(2000)]);
    expect(isOnlyRevocation(user)).toBe(false);
    const kept = retainOnEviction(user)!;
    expect(isOnlyRevocation(kept)).toBe(true);
    expect(kept).toMatchObject({ shown: newUser('alice').shown, own: { status: 'OFFLINE' } });
    expect(kept.own.version).toBe(user.own.version);
    expect(isOnlyRevocation(given([0, revoke(1)]).user)).toBe(true);
    expect(() => continueWith(kept, [[3, connectAt('b', 1)]])).toThrow(/was revoked/);
    expect(continueWith(kept, [[3, connectAt('b', 2)]]).eventLines).toEqual([
      '3 USER_ONLINE CONNECTED',
    ]);
    expect(isForgotten(continueWith(kept, [[3, forget(2000)]]).user)).toBe(true);
  });
});
