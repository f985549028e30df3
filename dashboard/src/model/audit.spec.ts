import { describe, expect, it } from 'vitest';
import { AuditTrail, describeAction, type AuditEntry } from './audit.js';

function entry(number: number, more: Partial<AuditEntry> = {}): AuditEntry {
  const basics = { number, at: number * 1000, action: 'end session' };
  return { ...basics, callerId: 'root', userId: `user-${number}`, ...more };
}

describe('The trail of actions', () => {
  it('has the newest first, each once, also from several nodes', () => {
    const trail = new AuditTrail();
    trail.add('a', [entry(1), entry(3)]);
    trail.add('b', [entry(2, { userId: 'elsewhere' })]);
    trail.add('a', [entry(1), entry(3), entry(4)]);
    expect(trail.rows.map(({ userId }) => userId)).toEqual([
      'user-4',
      'user-3',
      'elsewhere',
      'user-1',
    ]);
    const { rows } = trail;
    trail.add('a', [entry(4)]);
    expect(trail.rows).toBe(rows);
  });

  it('keeps the latest, however many there were', () => {
    const trail = new AuditTrail(3);
    for (let i = 1; i <= 9; i++) trail.add('a', [entry(i)]);
    expect(trail.rows.map(({ userId }) => userId)).toEqual(['user-9', 'user-8', 'user-7']);
  });
});

describe('An action', () => {
  it.each([
    [{ action: 'end session' }, 'ended a session of ann'],
    [{ action: 'hide from' }, 'changed from whom ann hides'],
    [{ action: 'set status' }, 'set the status of ann'],
    [{ action: 'remove user', channelId: 'lobby' }, 'removed ann from lobby'],
    [
      { action: 'move user', channelId: 'lobby', toChannelId: 'stage' },
      'moved ann from lobby to stage',
    ],
    [{ action: 'mute user', isSpeakerMuted: true }, 'muted the speaker of ann'],
    [
      { action: 'mute user', isMicrophoneMuted: false, isSpeakerMuted: true },
      'unmuted the microphone and muted the speaker of ann',
    ],
    [
      { action: 'revoke tokens', issuedBefore: '2026-11-30T09:12:00.000Z' },
      'revoked the tokens of ann issued before 2026-11-30T09:12:00.000Z',
    ],
    [{ action: 'something new' }, 'something new: ann'],
  ])('%j is described as: %s', (action, text) => {
    expect(describeAction(entry(1, { userId: 'ann', ...action }))).toBe(text);
  });
});
