import { describe, expect, it } from 'vitest';
import { questionAbout, type BulkAction } from './bulk.js';

describe('The question before an action on several users', () => {
  it.each<[BulkAction, string]>([
    [{ kind: 'end' }, 'End all sessions of ann, ben?'],
    [{ kind: 'mute' }, 'Mute the microphones of ann, ben?'],
    [{ kind: 'unmute' }, 'Lift the mute of the microphones of ann, ben?'],
    [
      { kind: 'move', fromChannelId: 'lobby', toChannelId: 'stage' },
      'Move ann, ben from lobby to stage?',
    ],
    [{ kind: 'revoke' }, 'Revoke all tokens of ann, ben, and end their sessions?'],
  ])('says what happens to them: %j', (action, question) => {
    expect(questionAbout(action, ['ann', 'ben'])).toBe(question);
  });

  it('names few of many', () => {
    expect(questionAbout({ kind: 'end' }, 'abcdefgh'.split(''))).toBe(
      'End all sessions of a, b, c, d, e and 3 more?',
    );
  });
});
