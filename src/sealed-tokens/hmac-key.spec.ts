import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import fc from '../../test/support/seeded-fast-check.js';
import { HmacKey } from './hmac-key.js';

const text = (bytes: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'grapheme', maxLength: bytes });

describe('A message authentication code', () => {
  it.each([
    // RFC 4231, test cases 1, 2, 3 and 6.
    [
      '0b'.repeat(20),
      'Hi There',
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    ],
    [
      Buffer.from('Jefe').toString('hex'),
      'what do ya want for nothing?',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [
      'aa'.repeat(20),
      Buffer.alloc(50, 0xdd),
      '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
    ],
    [
      'aa'.repeat(131),
      'Test Using Larger Than Block-Size Key - Hash Key First',
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
  ])('with the key %s is that of RFC 4231', (key, message, code) => {
    const hmac = new HmacKey('sha256', Buffer.from(key, 'hex'));
    expect(hmac.codeOf(message).toString('hex')).toBe(code);
  });

  it('is that of Node, for every key and message, also one after another', () => {
    const algorithms = fc.constantFrom('sha256' as const, 'sha512' as const);
    const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> =>
      fc.uint8Array({ maxLength, size: 'max' });
    const messages = fc.array(fc.oneof(text(200), bytes(3000)), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(algorithms, bytes(300), messages, (algorithm, key, all) => {
        const hmac = new HmacKey(algorithm, key);
        for (const message of all) {
          const expected = createHmac(algorithm, key).update(message).digest();
          expect(hmac.codeOf(message).equals(expected)).toBe(true);
        }
      }),
    );
  });

  it('keeps its value when another one is computed', () => {
    const hmac = new HmacKey('sha256', Buffer.from('key'));
    const first = hmac.codeOf('first');
    const copy = Buffer.from(first);
    hmac.codeOf('second');
    expect(first).toEqual(copy);
  });
});
