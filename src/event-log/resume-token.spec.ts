import { describe, expect, it } from 'vitest';
import fc from '../../test/support/seeded-fast-check.js';
import { packSeenCommits, unpackSeenCommits } from './resume-token.js';

const seen = fc.record({
  seqs: fc.array(fc.nat({ max: 2 ** 48 - 1 }), { maxLength: 256 }),
  checksum: fc.nat({ max: 0xffffffff }),
});

describe('What a resume token says', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(seen, (commits) => {
        expect(unpackSeenCommits(packSeenCommits(commits))).toEqual(commits);
      }),
    );
  });

  it('is as long whatever has happened', () => {
    fc.assert(
      fc.property(seen, ({ seqs, checksum }) => {
        const nothing = packSeenCommits({ seqs: seqs.map(() => 0), checksum: 0 });
        expect(packSeenCommits({ seqs, checksum })).toHaveLength(nothing.length);
      }),
    );
  });
});
