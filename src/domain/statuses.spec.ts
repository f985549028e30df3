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

describe('A status', () => {
  it('becomes IDLE exactly when the idle timeout has passed', () => {
    const { user, wakeAt } = given([0, connect('a')], [300, activity('a')]);
    expect(wakeAt).toBe(1300);
    expect(continueWith(user, [[1299, time]]).user).toBe(user);
    const idle = continueWith(user, [[1300, time]]);
    expect(idle.eventLines).toEqual(['1300 USER_STATUS_CHANGED IDLE']);
    expect(idle.user.shown).toMatchObject({ status: 'IDLE', lastActiveAt: 300 });
    expect(idle.wakeAt).toBeUndefined();
  });

  it('is ONLINE while any session is active', () => {
    const { user } = given(
      [0, connect('a')],
      [1, connect('b')],
      [900, activity('b')],
      [1000, time],
    );
    expect(user.shown.status).toBe('ONLINE');
  });

  it('becomes ONLINE again by activity on any session', () => {
    const { eventLines } = given(
      [0, connect('a')],
      [0, connect('b')],
      [1000, time],
      [2000, activity('b')],
    );
    expect(eventLines.slice(1)).toEqual([
      '1000 USER_STATUS_CHANGED IDLE',
      '2000 USER_STATUS_CHANGED ACTIVE',
    ]);
  });

  it('becomes ONLINE again by any command that changes something, and by a new session', () => {
    const idle = given([0, connect('a')], [0, join('a', 'lobby')], [1000, time]).user;
    for (const input of [
      join('a', 'lobby'),
      mute('a', { microphone: false }),
      choose('a', 'AUTOMATIC'),
    ]) {
      expect(continueWith(idle, [[2000, input]]).eventLines).toEqual([
        '2000 USER_STATUS_CHANGED ACTIVE',
      ]);
    }
    expect(continueWith(idle, [[2000, leave('a')]]).eventLines).toEqual([
      '2000 USER_STATUS_CHANGED ACTIVE',
      '2000 USER_CHANNEL_CHANGED REQUESTED',
    ]);
    expect(continueWith(idle, [[2000, connect('b')]]).eventLines).toEqual([
      '2000 USER_STATUS_CHANGED CONNECTED',
    ]);
  });

  it('is IDLE when the last active session ends and leaves only idle ones', () => {
    const { user, eventLines } = given(
      [0, connect('a')],
      [10, connect('b')],
      [1500, activity('b')],
      [1600, disconnect('b')],
    );
    expect(user.shown).toMatchObject({ status: 'IDLE', lastActiveAt: 1500 });
    expect(eventLines.at(-1)).toBe('1600 USER_STATUS_CHANGED DISCONNECTED');
  });

  it('has the reason idle timeout, also if another input reveals it first', () => {
    const { eventLines } = playWith({ heartbeatTimeoutMs: 5000 })(
      [0, connect('a', { requireHeartbeats: true })],
      [1001, heartbeat('a')],
    );
    expect(eventLines.at(-1)).toBe('1001 USER_STATUS_CHANGED IDLE');
  });

  it('that was chosen is shown at once, with its text', () => {
    const { user, eventLines, events } = given(
      [0, connect('a')],
      [1, choose('a', 'DO_NOT_DISTURB', { text: 'in a meeting' })],
    );
    expect(eventLines.at(-1)).toBe('1 USER_STATUS_CHANGED REQUESTED');
    expect(events.at(-1)?.change).toMatchObject({ previousStatus: 'ONLINE' });
    expect(user.shown).toMatchObject({ status: 'DO_NOT_DISTURB', statusText: 'in a meeting' });
  });

  it('that was chosen never becomes IDLE', () => {
    for (const choice of ['DO_NOT_DISTURB', 'AWAY'] as const) {
      const { user, wakeAt } = given([0, connect('a')], [1, choose('a', choice)], [99_999, time]);
      expect(user.shown.status).toBe(choice);
      expect(wakeAt).toBeUndefined();
    }
  });

  it('that was chosen is OFFLINE without a session, and returns with the next one', () => {
    const away = given([0, connect('a')], [1, choose('a', 'AWAY', { text: 'lunch' })]).user;
    const gone = continueWith(away, [[2, disconnect('a')]]);
    expect(gone.user.shown).toMatchObject({ status: 'OFFLINE', statusText: '' });
    const back = continueWith(gone.user, [[3, connect('b')]]);
    expect(back.eventLines).toEqual(['3 USER_ONLINE CONNECTED']);
    expect(back.user.shown).toMatchObject({ status: 'AWAY', statusText: 'lunch' });
  });

  it('causes an event if only its text changes', () => {
    const { eventLines, events } = given(
      [0, connect('a')],
      [1, choose('a', 'AUTOMATIC', { text: 'coding' })],
      [2, choose('a', 'AUTOMATIC', { text: 'coding' })],
      [3, choose('a', 'AUTOMATIC')],
    );
    expect(eventLines.slice(1)).toEqual([
      '1 USER_STATUS_CHANGED REQUESTED',
      '3 USER_STATUS_CHANGED REQUESTED',
    ]);
    expect(events.at(-1)?.change).toMatchObject({ previousStatus: 'ONLINE' });
  });
});

describe('A chosen status that expires', () => {
  const busy = given(
    [0, connect('a')],
    [100, choose('a', 'DO_NOT_DISTURB', { text: 'meeting', until: 500 })],
  );

  it('is AUTOMATIC again at that moment, without its text', () => {
    expect(busy.wakeAt).toBe(500);
    const { user, eventLines } = continueWith(busy.user, [[500, time]]);
    expect(eventLines).toEqual(['500 USER_STATUS_CHANGED STATUS_EXPIRED']);
    expect(user.shown).toMatchObject({ status: 'ONLINE', statusText: '' });
  });

  it('becomes IDLE after it expires if the user had no activity', () => {
    const { user, eventLines } = given(
      [0, connect('a')],
      [100, choose('a', 'AWAY', { until: 5000 })],
      [5000, time],
    );
    expect(eventLines.at(-1)).toBe('5000 USER_STATUS_CHANGED STATUS_EXPIRED');
    expect(user.shown).toMatchObject({ status: 'IDLE', lastActiveAt: 100 });
  });

  it('expires without an event while the user has no session', () => {
    const { user, eventLines } = continueWith(busy.user, [
      [200, disconnect('a')],
      [500, time],
      [600, connect('b')],
    ]);
    expect(eventLines).toEqual(['200 USER_OFFLINE DISCONNECTED', '600 USER_ONLINE CONNECTED']);
    expect(user.shown).toMatchObject({ status: 'ONLINE', statusText: '' });
  });

  it('stays when it is chosen again without an expiry', () => {
    const { user } = continueWith(busy.user, [
      [200, choose('a', 'DO_NOT_DISTURB')],
      [500, time],
    ]);
    expect(user.shown.status).toBe('DO_NOT_DISTURB');
  });

  it('expires together with its text, also if the choice is AUTOMATIC', () => {
    const { user, eventLines } = given(
      [0, connect('a')],
      [1, choose('a', 'AUTOMATIC', { text: 'back soon', until: 50 })],
      [50, time],
    );
    expect(eventLines.at(-1)).toBe('50 USER_STATUS_CHANGED STATUS_EXPIRED');
    expect(user.shown).toMatchObject({ status: 'ONLINE', statusText: '' });
  });

  it('may not expire before it begins', () => {
    const line = [100, choose('a', 'AWAY', { until: 100 })] as const;
    expect(() => given([0, connect('a')], line)).toThrow('must be in the future');
  });
});
