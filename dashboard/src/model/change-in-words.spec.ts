import { describe, expect, it } from 'vitest';
import { change, user } from '../../test/support/users.js';
import { changeInWords } from './change-in-words.js';
import type { User } from './user.js';

function sentences(previous?: Partial<User>, current?: Partial<User>, reason?: string): string[] {
  const before = previous && user('ann', previous);
  const after = current && user('ann', current);
  return changeInWords(change(before, after, reason)).map(({ topic, text }) => `${topic}: ${text}`);
}

describe('A change in words', () => {
  it('says who came, with what, and where to', () => {
    expect(sentences(undefined, {})).toEqual(['came: came on desktop']);
    const there = { platforms: ['desktop', 'web'], channelId: 'lobby' };
    expect(sentences(undefined, there)).toEqual(['came: came on desktop, web, in lobby']);
    expect(sentences(undefined, { platforms: [] })).toEqual(['came: came']);
  });

  it('says who went, and through what unless they meant to', () => {
    expect(changeInWords(change(user('ann'), undefined, 'disconnected'))).toEqual([
      { topic: 'went', text: 'went' },
    ]);
    expect(changeInWords(change(user('ann'), undefined, 'session-ended'))[0]!.text).toBe(
      'went: the session was ended',
    );
  });

  it('says each thing that is different', () => {
    expect(
      sentences(
        { channelId: 'bar', statusText: 'x' },
        {
          status: 'do-not-disturb',
          channelId: 'lobby',
          isMicrophoneMuted: true,
          isSpeakerMuted: true,
          statusText: 'in a call',
          platforms: ['web'],
        },
      ),
    ).toEqual([
      'status: is do not disturb',
      'status: says \u201cin a call\u201d',
      'channel: joined lobby',
      'mute: muted the microphone',
      'mute: muted the speaker',
      'devices: is on web',
    ]);
    expect(
      sentences({ channelId: 'bar', statusText: 'x', isMicrophoneMuted: true }, { platforms: [] }),
    ).toEqual([
      'status: took the text away',
      'channel: left bar',
      'mute: unmuted the microphone',
      'devices: is on nothing',
    ]);
  });

  it('has nothing to say of an action alone', () => {
    expect(sentences({}, { lastActiveAt: new Date(5000) })).toEqual([]);
  });
});
