import { describe, expect, it } from 'vitest';
import { formatResumeToken, parseResumeToken } from './resume-token.js';

describe('A resume token', () => {
  it('names a place in one life of a log', () => {
    for (const position of [1, 35, 36, 1_000_000, Number.MAX_SAFE_INTEGER]) {
      const point = { epoch: 'aZ09_-xy', position };
      expect(parseResumeToken(formatResumeToken(point))).toEqual(point);
    }
  });

  it('is nothing else', () => {
    const strange = [
      '',
      'aZ09_-xy',
      'aZ09_-xy.',
      '.1',
      'aZ09_-x.1',
      'aZ09_-xyz.1',
      'aZ09_-xy.-1',
      'aZ09_-xy.1.1',
      'aZ09_-xy.A',
      'aZ09_-xy.1 ',
      'aZ09_-xy.1\n',
      'aZ09_-xy.zzzzzzzzzzz',
      `aZ09_-xy.${'0'.repeat(12)}`,
    ];
    for (const token of strange) expect(parseResumeToken(token), token).toBeUndefined();
  });
});
