import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import fc from '../../test/support/seeded-fast-check.js';
import { forged, rejection, SECRET, token, verify } from '../../test/support/forged-tokens.js';
import { createVerificationKeys } from './create-verification-keys.js';
import { TokenVerifier } from './token-verifier.js';

/** Returns the base64url letter whose value is higher by one. */
function nextLetter(letter: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return letters[letters.indexOf(letter) + 1]!;
}

describe('a forged token', () => {
  const payload = JSON.stringify({ sub: 'alice' });

  it('is rejected if it declares that it has no signature', async () => {
    for (const alg of ['none', 'None', 'NONE', '']) {
      const unsigned = forged({ alg }, payload).replace(/[^.]*$/, '');
      await rejection(verify(unsigned));
      await rejection(verify(forged({ alg }, payload)));
    }
  });

  it.each([
    ['padding at its end', (text: string) => `${text}=`],
    ['padding of its payload', (text: string) => text.replace(/\.([^.]*)\./, '.$1=.')],
    ['padding of its header', (text: string) => text.replace('.', '=.')],
    ['a space at its end', (text: string) => `${text} `],
    ['a line end within', (text: string) => text.replace('.', '\n.')],
    ['the letters of plain base64', (text: string) => `${text.slice(0, -3)}+/A`],
    // A signature of 32 bytes leaves two bits of the last letter unused.
    ['surplus bits', (text: string) => text.slice(0, -1) + nextLetter(text.at(-1)!)],
    ['a fourth part', (text: string) => `${text}.`],
  ])('is rejected with %s, although a lenient decoder would accept it', async (_, spoil) => {
    const good = await token({ sub: 'alice' });
    expect(await verify(good)).toBeDefined();
    expect(await rejection(verify(spoil(good)))).toBeDefined();
  });

  it('has one spelling: that which an encoder of base64url returns', async () => {
    const [header] = forged({ alg: 'HS256' }, payload).split('.');
    const letters = fc.constantFrom(...'Ag-_09zQwEo', '+', '=', ' ', '\n', 'é');
    const part = fc.oneof(
      fc.string({ unit: letters, maxLength: 9 }),
      fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
    );
    const isExact = (text: string): boolean =>
      Buffer.from(text, 'base64url').toString('base64url') === text;
    await fc.assert(
      fc.asyncProperty(part, part, async (claims, signature) => {
        const { check } = await rejection(verify([header, claims, signature].join('.')));
        const isReadable = isExact(claims) && isExact(signature);
        const reached = isReadable ? 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' : 'ERR_JWS_INVALID';
        expect(check).toBe(reached);
      }),
      { numRuns: 1000 },
    );
  });

  it('is rejected if its signature is of another key or incomplete', async () => {
    await rejection(verify(forged({ alg: 'HS256' }, payload, 'another secret')));
    await rejection(verify(forged({ alg: 'HS256' }, payload, '')));
    await rejection(verify(forged({ alg: 'HS256' }, payload).slice(0, -1)));
    await rejection(verify(forged({ alg: 'HS256' }, payload).replace(/[^.]*$/, '')));
  });

  it('is rejected when its claims were exchanged', async () => {
    const [header, , signature] = forged({ alg: 'HS256' }, payload).split('.');
    const bob = Buffer.from('{"sub":"bob"}').toString('base64url');
    await rejection(verify([header, bob, signature].join('.')));
  });

  it('cannot choose another algorithm, not even with the right key', async () => {
    const strong = 'x'.repeat(64);
    const verifier = new TokenVerifier(await createVerificationKeys({ secrets: [strong] }));
    for (const alg of ['HS384', 'HS512']) {
      await rejection(verifier.verify(await token({ sub: 'alice' }, { alg, secret: strong })));
    }
  });

  it('does not reveal its other faults', async () => {
    const expired = JSON.stringify({ sub: 'alice', exp: 1 });
    const refused = [
      forged({ alg: 'HS256' }, expired, 'another secret'),
      forged({ alg: 'none' }, expired),
      forged({ alg: 'RS256', kid: 'x' }, expired),
      forged({ alg: 'HS256' }, '{}', 'another secret'),
    ];
    for (const token of refused) {
      expect((await rejection(verify(token))).message).toBe('token is not valid');
    }
  });

  it('cannot bring its own key', async () => {
    const k = Buffer.from('attacker').toString('base64url');
    const header = {
      alg: 'HS256',
      jwk: { kty: 'oct', k },
      jku: 'http://127.0.0.1:9/',
      x5u: 'http://127.0.0.1:9/',
      kid: '/dev/null',
    };
    await rejection(verify(forged(header, payload, 'attacker')));
  });

  it('cannot ask for extensions that are not known', async () => {
    await rejection(verify(forged({ alg: 'HS256', crit: ['exp'] }, payload)));
    await rejection(verify(forged({ alg: 'HS256', crit: ['b64'], b64: false }, payload)));
    await rejection(verify(forged({ alg: 'HS256', crit: [] }, payload)));
    await rejection(verify(forged({ alg: 'HS256', crit: 'exp' }, payload)));
  });

  it('is rejected with an unencoded payload or as a nested token', async () => {
    const header = Buffer.from('{"alg":"HS256","crit":["b64"],"b64":false}').toString('base64url');
    const signature = createHmac('sha256', SECRET).update(`${header}.${payload}`).digest();
    await rejection(verify(`${header}.${payload}.${signature.toString('base64url')}`));
    // A nested token proves nothing by itself.
    await rejection(
      verify(forged({ alg: 'HS256', cty: 'JWT' }, forged({ alg: 'HS256' }, payload))),
    );
  });
});

describe('claims that are written twice', () => {
  it('have the value of the last one, as with JSON.parse', async () => {
    const twice = forged({ alg: 'HS256' }, '{"sub":"alice","sub":"bob","exp":1,"exp":1e10}');
    expect(await verify(twice)).toMatchObject({ userId: 'bob', isAdmin: false });
  });

  it('are not searched in nested objects', async () => {
    const nested = { claims: { sub: 'root' }, realm: { scope: 'presence:admin' } };
    await rejection(verify(forged({ alg: 'HS256' }, JSON.stringify(nested))));
    const own = forged({ alg: 'HS256' }, JSON.stringify({ ...nested, sub: 'alice' }));
    expect(await verify(own)).toMatchObject({ userId: 'alice', isAdmin: false });
    const polluted = '{"sub":"alice","__proto__":{"scope":"presence:admin","exp":1}}';
    expect(await verify(forged({ alg: 'HS256' }, polluted))).toMatchObject({ isAdmin: false });
  });
});

describe('garbage', () => {
  it.each([
    'x',
    '..',
    '...',
    'a.b.c',
    'eyJhbGciOiJIUzI1NiJ9',
    'Bearer eyJhbGciOiJIUzI1NiJ9.e30.x',
    '🦊.🦊.🦊',
    '\0',
    'a.b.c.d.e',
    '{"alg":"HS256"}',
  ])('%j is not valid', async (text) => {
    expect((await rejection(verify(text))).message).toBe('token is not valid');
  });

  it.each(['null', '[]', '"alice"', '7', '{', ''])(
    'signed claims %j are not valid',
    async (claims) => {
      await rejection(verify(forged({ alg: 'HS256' }, claims)));
    },
  );

  it('is rejected as no token if it is missing', async () => {
    expect((await rejection(verify(''))).message).toBe('no token');
  });

  it('is not read when it is longer than 8 KiB', async () => {
    const fits = await token({ sub: 'alice', padding: 'x'.repeat(6_000) });
    const long = await token({ sub: 'alice', padding: 'x'.repeat(6_200) });
    expect(await verify(fits)).toBeDefined();
    expect(await rejection(verify(long))).toMatchObject({ check: 'too long' });
    await rejection(verify('x'.repeat(10_000_000)));
  });
});

it('reveals nothing of the token or the key in the error', async () => {
  const private_ = await token({ sub: 'alice', exp: 1, email: 'alice@example.org' });
  const error = await rejection(verify(private_));
  expect(error.cause).toBeUndefined();
  expect(JSON.stringify({ ...error, stack: error.stack })).not.toMatch(/alice|horse|eyJ/);
});
