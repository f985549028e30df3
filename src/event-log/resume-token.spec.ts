import { describe, expect, it } from 'vitest';
import fc from '../../test/support/seeded-fast-check.js';
import {
  ALL_RIGHTS,
  packSeenCommits,
  rightsDigest,
  unpackSeenCommits,
  withoutRights,
  withRights,
} from './resume-token.js';

const seen = fc.record({
  seqs: fc.array(fc.nat({ max: 2 ** 48 - 1 }), { maxLength: 256 }),
  checksum: fc.nat({ max: 0xffffffff }),
});

describe('The content of a resume token', () => {
  it('is decoded as it was encoded', () => {
    fc.assert(
      fc.property(seen, (commits) => {
        expect(unpackSeenCommits(packSeenCommits(commits))).toEqual(commits);
      }),
    );
  });

  it('has the same length, whatever has happened', () => {
    fc.assert(
      fc.property(seen, ({ seqs, checksum }) => {
        const nothing = packSeenCommits({ seqs: seqs.map(() => 0), checksum: 0 });
        expect(packSeenCommits({ seqs, checksum })).toHaveLength(nothing.length);
      }),
    );
  });
});

describe('The rights in a resume token', () => {
  const tokens = fc.uint8Array({ minLength: 33 }).map((b) => Buffer.from(b).toString('base64url'));
  const digests = fc.integer({ min: 1, max: 0xffffffff });

  it('are decoded as they were encoded, and not for a reader with other rights', () => {
    fc.assert(
      fc.property(tokens, digests, digests, (token, rights, others) => {
        const restricted = withRights(token, rights);
        expect(withoutRights(restricted, rights)).toBe(token);
        if (others !== rights) expect(withoutRights(restricted, others)).toBeUndefined();
      }),
    );
  });

  it('are in no token of a viewer who sees everything, so releases without rights can decode it', () => {
    expect(withRights('token', ALL_RIGHTS)).toBe('token');
    expect(withoutRights('token', ALL_RIGHTS)).toBe('token');
  });

  it('are the same on every node, differ for different rights, and are never those of everyone', () => {
    expect(rightsDigest('')).toBe(ALL_RIGHTS);
    expect(rightsDigest('a')).toBe(0xca978112);
    const all = Array.from({ length: 1000 }, (_, i) => rightsDigest(`rights ${i}`));
    expect(new Set(all).size).toBe(1000);
    expect(all).not.toContain(ALL_RIGHTS);
  });
});
