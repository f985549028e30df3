import fc from '../../test/support/seeded-fast-check.js';
import { describe, expect, it } from 'vitest';
import { ChannelPatterns } from './channel-patterns.js';

describe('Channel patterns', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '/', '\uffff', '😀'), maxLength: 6 });

  it('match the ids that they name, and those that begin with one of their prefixes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.boolean())), name, (parts, channelId) => {
        const patterns = parts
          .map(([text, isPrefix]) => (isPrefix ? `${text}*` : text))
          .filter((pattern) => pattern !== '');
        const isNamed = patterns.some((pattern) =>
          pattern.endsWith('*')
            ? channelId.startsWith(pattern.slice(0, -1))
            : channelId === pattern,
        );
        expect(ChannelPatterns.of(patterns).matches(channelId)).toBe(isNamed);
      }),
      { numRuns: 2000 },
    );
  });
});
