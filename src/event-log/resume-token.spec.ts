import { describe, expect, it } from 'vitest';
import fc from '../../test/support/seeded-fast-check.js';
import { ALL_RIGHTS, packSeenCommits, rightsDigest, unpackSeenCommits } from './resume-token.js';

const seen = fc.record({
  seqs: fc.array(fc.nat({ max: 2 ** 48 - 1 }), { maxLength: 256 }),
  checksum: fc.nat({ max: 0xffffffff }),
  rights: fc.oneof(fc.constant(ALL_RIGHTS), fc.nat({ max: 0xffffffff })),
});

describe('The content of a resume token', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(seen, (commits) => {
        expect(unpackSeenCommits(packSeenCommits(commits))).toEqual(commits);
      }),
    );
  });

  it('is as long whatever has happened', () => {
    fc.assert(
      fc.property(seen, ({ seqs, checksum, rights }) => {
        const nothing = packSeenCommits({ seqs: seqs.map(() => 0), checksum: 0, rights });
        expect(packSeenCommits({ seqs, checksum, rights })).toHaveLength(nothing.length);
      }),
    );
  });

  it('has the format of releases without rights for a viewer who sees everything', () => {
    const content = packSeenCommits({ seqs: [1, 2], checksum: 3, rights: ALL_RIGHTS });
    expect(content.toString('hex')).toBe('00000003000000000001000000000002');
  });
});

describe('The digest of rights', () => {
  it('is the one of a viewer who sees everything only without restrictions', () => {
    expect(rightsDigest('')).toBe(ALL_RIGHTS);
    for (let i = 0; i < 1000; i++) expect(rightsDigest(`rights ${i}`)).not.toBe(ALL_RIGHTS);
  });

  it('differs for different rights, and is the same on every node', () => {
    expect(rightsDigest('a')).not.toBe(rightsDigest('b'));
    expect(rightsDigest('a')).toBe(0xca978112);
  });
});
