import { describe, expect, it } from 'vitest';
import {
  connect,
  disconnect,
  continueWith,
  join,
  leave,
  mute,
  given,
} from '../../test/support/play.js';

const inLobby = given([0, connect('a')], [1, join('a', 'lobby')]);

describe('A channel', () => {
  it('is joined, and the change names the previous channel', () => {
    expect(inLobby.eventLines.at(-1)).toBe('1 USER_CHANNEL_CHANGED REQUESTED');
    const moved = continueWith(inLobby.user, [[2, join('a', 'kitchen')]]);
    expect(moved.eventLines).toEqual(['2 USER_CHANNEL_CHANGED REQUESTED']);
    expect(moved.events[0]).toMatchObject({
      previousChannelId: 'lobby',
      change: { previousChannelId: 'lobby' },
      presence: { channelId: 'kitchen' },
    });
  });

  it('is left, and leaving while in none is no error', () => {
    const left = continueWith(inLobby.user, [
      [2, leave('a')],
      [3, leave('a')],
    ]);
    expect(left.eventLines).toEqual(['2 USER_CHANNEL_CHANGED REQUESTED']);
    expect(left.user.shown.channelId).toBeUndefined();
  });

  it('announces nothing when the user joins the same channel again', () => {
    expect(continueWith(inLobby.user, [[2, join('a', 'lobby')]]).eventLines).toEqual([]);
  });

  it('is left when the session that holds it ends, before the user goes OFFLINE', () => {
    const { eventLines, events } = continueWith(inLobby.user, [[2, disconnect('a')]]);
    expect(eventLines).toEqual([
      '2 USER_CHANNEL_CHANGED DISCONNECTED',
      '2 USER_OFFLINE DISCONNECTED',
    ]);
    expect(events[0]?.presence).toBe(events[1]?.presence);
  });

  it('is kept when another session ends', () => {
    const { user } = continueWith(inLobby.user, [
      [2, connect('b')],
      [3, disconnect('b')],
    ]);
    expect(user.shown.channelId).toBe('lobby');
  });

  it('is held by the second device after that device joins it', () => {
    const taken = continueWith(inLobby.user, [
      [2, connect('b')],
      [3, join('b', 'lobby')],
    ]);
    expect(taken.eventLines).toEqual([]);
    expect(continueWith(taken.user, [[4, disconnect('a')]]).user.shown.channelId).toBe('lobby');
    const { eventLines } = continueWith(taken.user, [[4, disconnect('b')]]);
    expect(eventLines).toEqual(['4 USER_CHANNEL_CHANGED DISCONNECTED']);
  });

  it('is left by a command of any session of the user', () => {
    const { user } = continueWith(inLobby.user, [
      [2, connect('b')],
      [3, leave('b')],
    ]);
    expect(user.shown.channelId).toBeUndefined();
  });
});

describe('Muting', () => {
  it('changes microphone and speaker independently, and keeps an absent state', () => {
    const { user, events } = given(
      [0, connect('a')],
      [1, mute('a', { microphone: true })],
      [2, mute('a', { speaker: true })],
      [3, mute('a', { microphone: false })],
    );
    expect(user.shown).toMatchObject({ isMicrophoneMuted: false, isSpeakerMuted: true });
    expect(events.slice(1).map(({ change }) => change)).toMatchObject([
      { kind: 'USER_MUTE_STATE_CHANGED', wasMicrophoneMuted: false, wasSpeakerMuted: false },
      { kind: 'USER_MUTE_STATE_CHANGED', wasMicrophoneMuted: true, wasSpeakerMuted: false },
      { kind: 'USER_MUTE_STATE_CHANGED', wasMicrophoneMuted: true, wasSpeakerMuted: true },
    ]);
  });

  it('announces nothing when it is repeated', () => {
    const { eventLines } = given(
      [0, connect('a')],
      [1, mute('a', { microphone: true })],
      [2, mute('a', { microphone: true })],
    );
    expect(eventLines).toHaveLength(2);
  });

  it('remains when the user moves between channels or goes OFFLINE', () => {
    const { user } = continueWith(inLobby.user, [
      [2, mute('a', { microphone: true })],
      [3, join('a', 'kitchen')],
      [4, disconnect('a')],
      [5, connect('b')],
    ]);
    expect(user.shown.isMicrophoneMuted).toBe(true);
  });

  it('can be set with Connect, and is announced after the user is ONLINE', () => {
    const { eventLines } = given([
      0,
      connect('a', { isMicrophoneMuted: true, isSpeakerMuted: false }),
    ]);
    expect(eventLines).toEqual(['0 USER_ONLINE CONNECTED', '0 USER_MUTE_STATE_CHANGED CONNECTED']);
  });
});
