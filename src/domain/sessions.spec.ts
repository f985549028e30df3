import { describe, expect, it } from 'vitest';
import {
  activity,
  connect,
  disconnect,
  continueWith,
  join,
  given,
  playWith,
} from '../../test/support/play.js';
import { NOT_MODERATED } from './moderator-mute.js';
import { liveSessions } from './user.js';

describe('Sessions', () => {
  it('make a user ONLINE with the first one', () => {
    const { user, eventLines } = given([5, connect('a')]);
    expect(eventLines).toEqual(['5 USER_ONLINE CONNECTED']);
    expect(user.shown).toEqual({
      userId: 'alice',
      status: 'ONLINE',
      statusText: '',
      channelId: undefined,
      isMicrophoneMuted: false,
      isSpeakerMuted: false,
      connectedAt: 5,
      lastActiveAt: 5,
      platforms: ['desktop'],
      otherChannelIds: [],
      moderatorMute: NOT_MODERATED,
      attributes: new Map(),
      version: 5000,
    });
  });

  it('make a user OFFLINE with the end of the last one, and keep the last activity', () => {
    const { user, eventLines } = given([0, connect('a')], [3, activity('a')], [9, disconnect('a')]);
    expect(eventLines).toEqual(['0 USER_ONLINE CONNECTED', '9 USER_OFFLINE DISCONNECTED']);
    expect(user.shown).toMatchObject({ status: 'OFFLINE', platforms: [], lastActiveAt: 3 });
    expect(user.shown.connectedAt).toBeUndefined();
  });

  it('begin once if the input is repeated', () => {
    const { user } = given([5, connect('a')]);
    expect(continueWith(user, [[6, connect('a')]]).user).toBe(user);
  });

  it('give OFFLINE the reason of the last end', () => {
    for (const cause of ['CONNECTION_LOST', 'SESSION_ENDED', 'TOKEN_EXPIRED'] as const) {
      const { eventLines, ended } = given([0, connect('a')], [9, disconnect('a', cause)]);
      expect(eventLines.at(-1)).toBe(`9 USER_OFFLINE ${cause}`);
      expect(ended).toEqual([{ sessionId: 'a', cause }]);
    }
  });

  it('after the first change the platforms, which are sorted and unique', () => {
    const { user, eventLines } = given(
      [0, connect('a', { platform: 'web' })],
      [1, connect('b', { platform: 'desktop' })],
      [2, connect('c', { platform: 'web' })],
    );
    expect(user.shown.platforms).toEqual(['desktop', 'web']);
    expect(eventLines).toEqual(['0 USER_ONLINE CONNECTED', '1 USER_CONNECTION_CHANGED CONNECTED']);
  });

  it('show when the oldest live session began', () => {
    const story = given([0, connect('a')], [7, connect('b')], [9, disconnect('a')]);
    expect(story.user.shown).toMatchObject({ status: 'ONLINE', connectedAt: 7 });
    expect(story.eventLines.at(-1)).toBe('9 USER_CONNECTION_CHANGED DISCONNECTED');
  });

  it('end without an event if neither the platforms nor the oldest session change', () => {
    const { user, eventLines } = given([0, connect('a')], [1, connect('b')], [2, disconnect('b')]);
    expect(eventLines).toEqual(['0 USER_ONLINE CONNECTED']);
    expect(liveSessions(user).map(({ sessionId }) => sessionId)).toEqual(['a']);
  });

  it('keep the last activity when the session with that activity ends', () => {
    const { user } = given(
      [0, connect('a')],
      [1, connect('b')],
      [50, activity('b')],
      [60, disconnect('b')],
    );
    expect(user.shown.lastActiveAt).toBe(50);
  });

  it('may be ended again without an error, also with an unknown id', () => {
    const { eventLines, ended } = given(
      [0, connect('a')],
      [1, disconnect('a')],
      [2, disconnect('a', 'SESSION_ENDED')],
      [3, disconnect('nobody')],
    );
    expect(eventLines).toHaveLength(2);
    expect(ended).toEqual([{ sessionId: 'a', cause: 'DISCONNECTED' }]);
  });

  it('are limited in number, and another one may begin when one ends', () => {
    const full = [
      [0, connect('a')],
      [0, connect('b')],
    ] as const;
    const two = playWith({ maxSessionsPerUser: 2 });
    expect(() => two(...full, [1, connect('c')])).toThrow('a user may have 2 sessions at once');
    expect(two(...full, [1, disconnect('a')], [2, connect('c')]).user.sessions).toHaveLength(2);
  });

  it('that were used last are used for activity that names no session', () => {
    const { user } = given(
      [0, connect('a')],
      [1, connect('b')],
      [5, activity('a')],
      [9, activity()],
    );
    expect(user.sessions.map(({ lastActiveAt }) => lastActiveAt)).toEqual([9, 1]);
  });

  it('begin with the earlier choices of the user', () => {
    const { user } = given(
      [0, connect('a', { isSpeakerMuted: true })],
      [1, disconnect('a')],
      [2, connect('b')],
      [3, join('b', 'lobby')],
    );
    expect(user.shown).toMatchObject({ isSpeakerMuted: true, channelId: 'lobby', connectedAt: 2 });
  });
});
