import { describe, expect, it } from 'vitest';
import {
  choose,
  connect,
  disconnect,
  join,
  given,
  playWith,
  POLICY,
  time,
} from '../../test/support/play.js';
import { causeOf, nextTransition } from './explanation.js';
import { newUser, type User } from './user.js';

describe('The cause of a status', () => {
  it.each([
    ['no session', newUser('alice'), 'OFFLINE', 'NO_SESSION'],
    [
      'the last session ended',
      given([0, connect('a')], [1, disconnect('a')]).user,
      'OFFLINE',
      'NO_SESSION',
    ],
    ['an action a moment ago', given([0, connect('a')]).user, 'ONLINE', 'ACTIVE'],
    ['none for the idle timeout', given([0, connect('a')], [1000, time]).user, 'IDLE', 'INACTIVE'],
    ['a choice', given([0, connect('a')], [1, choose('a', 'AWAY')]).user, 'AWAY', 'CHOSEN'],
    [
      'being active unseen',
      given([0, connect('a')], [1, choose('a', 'INVISIBLE')]).user,
      'ONLINE',
      'ACTIVE',
    ],
  ])('names the next change: %s', (_, user, status, cause) => {
    expect(user.own.status).toBe(status);
    expect(causeOf(user)).toBe(cause);
  });
});

describe('The next transition', () => {
  it('is undefined if time changes nothing', () => {
    expect(nextTransition(newUser('alice'), POLICY)).toBeUndefined();
    const busy = given([0, connect('a')], [1, choose('a', 'DO_NOT_DISTURB')]).user;
    expect(nextTransition(busy, POLICY)).toBeUndefined();
  });

  it('is IDLE if no other change is due earlier', () => {
    expect(next(given([0, connect('a')]).user)).toEqual(['idle', 1000, 'IDLE']);
  });

  it('is the expiry of a choice, with the presence shown after it', () => {
    const { user } = given([0, connect('a')], [1, choose('a', 'INVISIBLE', { until: 50 })]);
    expect(user.shown.status).toBe('OFFLINE');
    expect(next(user)).toEqual(['choiceExpired', 50, 'ONLINE']);
  });

  it('is the end of the session that missed its heartbeat', () => {
    const { user } = given([0, connect('a', { requireHeartbeats: true })]);
    expect(next(user)).toEqual(['heartbeatMissed', 100, 'OFFLINE']);
  });

  it('is the end of the grace, when the user leaves the channel', () => {
    const { user } = playWith({ reconnectGraceMs: 20 })(
      [0, connect('a')],
      [5, join('a', 'lobby')],
      [10, disconnect('a', 'CONNECTION_LOST')],
    );
    expect(next(user)).toEqual(['graceEnded', 30, 'OFFLINE']);
    expect(nextTransition(user, POLICY)!.shown.channelId).toBeUndefined();
  });
});

function next(user: User): readonly unknown[] {
  const { type, at, shown } = nextTransition(user, POLICY)!;
  return [type, at, shown.status];
}
