import { describe, expect, it } from 'vitest';
import {
  activity,
  choose,
  connect,
  disconnect,
  continueWith,
  join,
  mute,
  given,
  playWith,
  time,
  type Line,
} from '../../test/support/play.js';
import { unrestrictedViewer } from './viewer.js';
import { shownTo } from './visibility.js';

const inLobby: readonly Line[] = [
  [0, connect('a')],
  [10, join('a', 'lobby')],
  [20, mute('a', { microphone: true })],
];
const hidden = given(...inLobby, [500, choose('a', 'INVISIBLE', { text: 'reading' })]).user;

describe('An invisible user', () => {
  it('goes invisible with the same events as a disconnect', () => {
    const before = given(...inLobby).user;
    const hides = continueWith(before, [[500, choose('a', 'INVISIBLE')]]);
    const disconnects = continueWith(before, [[500, disconnect('a')]]);
    expect(hides.eventLines).toEqual([
      '500 USER_CHANNEL_CHANGED DISCONNECTED',
      '500 USER_OFFLINE DISCONNECTED',
    ]);
    expect(hides.events).toEqual(disconnects.events);
    expect(hides.user.shown).toEqual(disconnects.user.shown);
  });

  it('sees the own presence, which is hidden from everyone else', () => {
    expect(shownTo(unrestrictedViewer('alice'), hidden)).toMatchObject({
      status: 'ONLINE',
      statusText: 'reading',
      channelId: 'lobby',
      lastActiveAt: 500,
    });
    expect(shownTo(unrestrictedViewer('bob'), hidden)).toMatchObject({
      status: 'OFFLINE',
      statusText: '',
      channelId: undefined,
      lastActiveAt: 20,
      platforms: [],
    });
  });

  it('stays unchanged for others, whatever happens', () => {
    const { user, eventLines } = continueWith(hidden, [
      [600, join('a', 'kitchen')],
      [700, mute('a', { microphone: false, speaker: true })],
      [800, connect('b', { platform: 'mobile' })],
      [900, activity('b')],
      [1900, time],
      [2000, activity('a')],
      [2100, choose('a', 'INVISIBLE', { text: 'still reading' })],
      [2200, disconnect('a')],
      [2300, disconnect('b', 'CONNECTION_LOST')],
      [2400, connect('c')],
    ]);
    expect(eventLines).toEqual([]);
    expect(user.shown).toBe(hidden.shown);
    expect(user.own).toMatchObject({ status: 'ONLINE', isSpeakerMuted: true, connectedAt: 2400 });
  });

  it('becomes IDLE and ONLINE again in the own presence', () => {
    const idle = continueWith(hidden, [[1500, time]]).user;
    expect(idle.own.status).toBe('IDLE');
    const active = continueWith(idle, [[1600, activity('a')]]).user;
    expect(active.own.status).toBe('ONLINE');
    expect(active.own.version).toBeGreaterThan(idle.own.version);
  });

  it('becomes visible with the same events as a new connect', () => {
    const { user, eventLines } = continueWith(hidden, [[900, choose('a', 'AUTOMATIC')]]);
    expect(eventLines).toEqual(['900 USER_ONLINE CONNECTED', '900 USER_CHANNEL_CHANGED CONNECTED']);
    expect(user.shown).toMatchObject({ status: 'ONLINE', connectedAt: 900, lastActiveAt: 900 });
    expect(user.shown).toBe(user.own);
  });

  it('announces a mute that was set while invisible together with the return', () => {
    const { eventLines } = continueWith(hidden, [
      [600, mute('a', { speaker: true })],
      [900, choose('a', 'AUTOMATIC')],
    ]);
    expect(eventLines.at(-1)).toBe('900 USER_MUTE_STATE_CHANGED CONNECTED');
  });

  it('becomes visible when the choice expires, as if connecting', () => {
    const { user, eventLines } = continueWith(hidden, [
      [600, choose('a', 'INVISIBLE', { until: 900 })],
      [900, time],
    ]);
    expect(eventLines[0]).toBe('900 USER_ONLINE CONNECTED');
    expect(user.shown).toMatchObject({ status: 'ONLINE', statusText: '', connectedAt: 900 });
  });

  it('never reveals when the session began', () => {
    const back = continueWith(hidden, [
      [900, choose('a', 'AUTOMATIC')],
      [950, connect('b')],
      [960, choose('b', 'AWAY')],
    ]);
    expect(back.user.shown.connectedAt).toBe(900);
    expect(continueWith(back.user, [[970, disconnect('a')]]).user.shown.connectedAt).toBe(950);
  });

  it('appears newly connected when the choice expires, whenever the last activity was', () => {
    const { user, eventLines, wakeAt } = continueWith(hidden, [
      [600, choose('a', 'INVISIBLE', { until: 5000 })],
      [1600, time],
      [5000, time],
    ]);
    expect(eventLines[0]).toBe('5000 USER_ONLINE CONNECTED');
    expect(user.shown).toMatchObject({
      status: 'ONLINE',
      connectedAt: 5000,
      lastActiveAt: 5000,
    });
    expect(wakeAt).toBe(6000);
  });

  it('stays invisible over a disconnect and a new connect', () => {
    const { user, eventLines } = continueWith(hidden, [
      [600, disconnect('a')],
      [700, connect('b')],
    ]);
    expect(eventLines).toEqual([]);
    expect([user.own.status, user.shown.status]).toEqual(['ONLINE', 'OFFLINE']);
  });

  it('is visible at the next connect if the choice expired meanwhile', () => {
    const { eventLines } = continueWith(hidden, [
      [510, choose('a', 'INVISIBLE', { until: 600 })],
      [550, disconnect('a')],
      [600, time],
      [700, connect('b')],
    ]);
    expect(eventLines).toEqual(['700 USER_ONLINE CONNECTED']);
  });

  it('stays hidden during the grace after a lost connection', () => {
    const graceful = playWith({ reconnectGraceMs: 50 });
    const { eventLines, wakeAt } = graceful(
      [0, connect('a')],
      [1, choose('a', 'INVISIBLE')],
      [2, disconnect('a', 'CONNECTION_LOST')],
    );
    expect(wakeAt).toBe(52);
    expect(eventLines.at(-1)).toBe('1 USER_OFFLINE DISCONNECTED');
  });
});
