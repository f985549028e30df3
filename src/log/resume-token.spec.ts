import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatResumeToken, parseResumeToken } from './resume-token.js';

const seen = fc.record({
  seqs: fc.array(fc.nat({ max: Number.MAX_SAFE_INTEGER }), { maxLength: 256 }),
  check: fc.nat({ max: 0xffffffff }),
});

describe('A resume token', () => {
  it('names what its bearer has seen', () => {
    fc.assert(
      fc.property(seen, (commits) => {
        expect(parseResumeToken(formatResumeToken(commits))).toEqual(commits);
      }),
    );
  });

  it('is short', () => {
    const seqs = Array.from({ length: 16 }, () => 1_000_000);
    expect(formatResumeToken({ seqs, check: 1 }).length).toBeLessThan(72);
  });

  it('is nothing else', () => {
    const token = formatResumeToken({ seqs: [1, 300], check: 7 });
    const tooMany = formatResumeToken({ seqs: new Array<number>(257).fill(1), check: 7 });
    const strange = ['A', 'AAAA', `${token}=`, ` ${token}`, `${token}\n`, `${token}/w`, tooMany];
    for (const text of [...strange, 'A'.repeat(100_000), 'ünicode']) {
      expect(parseResumeToken(text), text.slice(0, 80)).toBeUndefined();
    }
  });

  it('is read without harm, whatever it is', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseResumeToken(text)));
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const token = Buffer.from(bytes).toString('base64url');
        const commits = parseResumeToken(token);
        if (commits) expect(formatResumeToken(commits)).toBe(token);
      }),
    );
  });
});
