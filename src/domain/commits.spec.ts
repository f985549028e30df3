import { describe, expect, it } from 'vitest';
import {
  activity,
  choose,
  connect,
  disconnect,
  continueWith,
  heartbeat,
  join,
  leave,
  mute,
  given,
  playWith,
  time,
} from '../../test/support/play.js';
import { nextVersion } from './version.js';
import { RejectedError } from './rejected-error.js';
import { newUser, retainOnEviction } from './user.js';
import { unrestrictedViewer } from './viewer.js';
import { shownTo } from './visibility.js';

describe('A version', () => {
  it('is the time of the change in microseconds', () => {
    expect(nextVersion(0, 1_700_000_000_000)).toBe(1_700_000_000_000_000);
  });

  it('grows by one if the clock has not advanced, or has stepped back', () => {
    expect(nextVersion(5000, 5)).toBe(5001);
    expect(nextVersion(5000, 4)).toBe(5001);
  });

  it('does not change if the visible fields are equal', () => {
    const { user } = given([1, connect('a')], [2, join('a', 'lobby')]);
    const same = continueWith(user, [
      [3, activity('a')],
      [4, join('a', 'lobby')],
    ]).user;
    expect(same.shown).toMatchObject({ version: 2000, lastActiveAt: 4 });
    expect(same.shown).toBe(same.own);
  });
});

describe('A user', () => {
  const { user } = given([1, connect('a')], [2, connect('b')], [3, join('a', 'lobby')]);

  it('is never changed in place', () => {
    const inputs = [
      connect('c'),
      heartbeat('a'),
      activity('a'),
      join('b', 'kitchen'),
      leave('a'),
      mute('a', { microphone: true, speaker: true }),
      choose('a', 'INVISIBLE'),
      disconnect('a'),
    ];
    for (const input of inputs) expect(() => continueWith(user, [[4, input]])).not.toThrow();
    expect(() => continueWith(user, [[5000, time]])).not.toThrow();
  });

  it('shares the list of platforms with its earlier state while the sessions are the same', () => {
    const { own } = continueWith(user, [
      [4, mute('a', { microphone: true, speaker: true })],
      [5, join('b', 'kitchen')],
    ]).user;
    expect(own.platforms).toBe(user.own.platforms);
  });

  it('shares the list of platforms with all users on the same single platform', () => {
    const other = continueWith(newUser('bob'), [[4, connect('c', { platform: 'desktop' })]]).user;
    const left = continueWith(user, [[4, disconnect('a')]]).user;
    expect(left.own.platforms).toEqual(['desktop']);
    expect(other.own.platforms).toBe(left.own.platforms);
  });
});

describe('The events of one commit', () => {
  it('begin with USER_ONLINE and end with USER_OFFLINE, whatever else happens', () => {
    const come = playWith({})([0, connect('a', { isSpeakerMuted: true })]);
    expect(come.eventLines).toEqual([
      '0 USER_ONLINE CONNECTED',
      '0 USER_MUTE_STATE_CHANGED CONNECTED',
    ]);
    const go = continueWith(come.user, [
      [1, join('a', 'lobby')],
      [2, disconnect('a')],
    ]);
    expect(go.eventLines.slice(1)).toEqual([
      '2 USER_CHANNEL_CHANGED DISCONNECTED',
      '2 USER_OFFLINE DISCONNECTED',
    ]);
  });

  it('all have the presence after it, and the channel before it', () => {
    const { events } = given([0, connect('a')], [1, join('a', 'lobby')], [2, disconnect('a')]);
    const [left, went] = events.slice(-2);
    expect(left?.presence).toBe(went?.presence);
    expect(went?.presence).toMatchObject({ status: 'OFFLINE', channelId: undefined });
    expect([left, went].map((event) => event?.previousChannelId)).toEqual(['lobby', 'lobby']);
  });

  it('have a new status before a new channel, and a new connection last', () => {
    const idle = playWith({ idleTimeoutMs: 10 })(
      [0, connect('a')],
      [1, connect('b', { platform: 'web' })],
      [9, join('b', 'lobby')],
      [10, activity('b')],
      [15, disconnect('b')],
    );
    expect(idle.eventLines.slice(-3)).toEqual([
      '15 USER_STATUS_CHANGED DISCONNECTED',
      '15 USER_CHANNEL_CHANGED DISCONNECTED',
      '15 USER_CONNECTION_CHANGED DISCONNECTED',
    ]);
  });
});

describe('A rejection', () => {
  const { user } = given([0, connect('a')]);

  it('rejects every command of a session that is not live', () => {
    const inputs = [
      heartbeat('x'),
      activity('x'),
      join('x', 'lobby'),
      leave('x'),
      mute('x', { speaker: true }),
      choose('x', 'AWAY'),
    ];
    for (const input of inputs) {
      expect(refusalOf(() => continueWith(user, [[1, input]]))).toMatchObject({
        reason: 'SESSION_NOT_FOUND',
        field: 'session_id',
      });
    }
  });

  it('names the invalid field', () => {
    expect(refusalOf(() => given([0, activity()]))).toMatchObject({
      reason: 'USER_HAS_NO_SESSION',
      field: 'user_id',
    });
    const past = choose('a', 'AWAY', { until: 1 });
    expect(refusalOf(() => continueWith(user, [[1, past]]))).toMatchObject({
      reason: 'INVALID_FIELD',
      field: 'expires_at',
    });
  });

  it('because of the session comes before one because of the request', () => {
    const past = choose('x', 'AWAY', { until: 1 });
    expect(refusalOf(() => continueWith(user, [[1, past]]))?.reason).toBe('SESSION_NOT_FOUND');
  });
});

describe('A clock that steps back', () => {
  it('makes no last activity older', () => {
    const { user } = given([100, connect('a')], [90, activity('a')]);
    expect(user.shown.lastActiveAt).toBe(100);
    expect(user.sessions[0]?.lastActiveAt).toBe(100);
  });

  it('makes no version smaller', () => {
    const { events } = given([100, connect('a')], [90, join('a', 'lobby')], [80, leave('a')]);
    expect(events.map(({ presence }) => presence.version)).toEqual([100_000, 100_001, 100_002]);
  });
});

describe('Eviction of a user', () => {
  it('leaves nothing of a user without a session', () => {
    expect(retainOnEviction(given([0, connect('a')], [1, disconnect('a')]).user)).toBeUndefined();
  });

  it('leaves first the choice to be invisible, then nothing', () => {
    const { user } = given([0, connect('a')], [1, choose('a', 'INVISIBLE')], [2, disconnect('a')]);
    const kept = retainOnEviction(user)!;
    expect(shownTo(unrestrictedViewer('bob'), kept)).toMatchObject({
      version: 0,
      lastActiveAt: undefined,
    });
    expect(continueWith(kept, [[5, connect('b')]]).eventLines).toEqual([]);
    expect(retainOnEviction(kept)).toBeUndefined();
  });

  it('makes an invisible user unknown to others and does not change the own presence', () => {
    const { user } = given([0, connect('a')], [1, choose('a', 'INVISIBLE')]);
    const kept = retainOnEviction(user)!;
    expect(shownTo(unrestrictedViewer('bob'), kept)).toMatchObject({
      version: 0,
      lastActiveAt: undefined,
    });
    expect(shownTo(unrestrictedViewer('alice'), kept)).toBe(user.own);
    expect(continueWith(kept, [[5, choose('a', 'AUTOMATIC')]]).eventLines).toEqual([
      '5 USER_ONLINE CONNECTED',
    ]);
  });
});

function refusalOf(act: () => unknown): RejectedError | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof RejectedError) return error;
    throw error;
  }
  return undefined;
}
