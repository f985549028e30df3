import { createHmac } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.js';
import { unrestrictedViewer } from '../domain/viewer.js';
import { ChannelPatterns } from './channel-patterns.js';
import type { Principal } from './principal.js';
import { createVerificationKeys } from './create-verification-keys.js';
import { InvalidToken } from './invalid-token.js';
import { signToken } from './sign-token.js';
import { TokenVerifier } from './token-verifier.js';

const SECRET = 'correct-horse-battery-staple-at-length';
const NOW = Date.UTC(2026, 10, 24, 12);
const SECONDS = NOW / 1_000;

const keys = await createVerificationKeys({ secrets: [SECRET] });

function verify(token: string, expected = {}, now = NOW): Promise<Principal> {
  return new TokenVerifier(keys, expected, new ManualClock(now)).verify(token);
}

/** Returns the base64url letter whose value is higher by one. */
function nextLetter(letter: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return letters[letters.indexOf(letter) + 1]!;
}

/** Signs a token correctly, with any claims. */
function token(claims: JWTPayload, { alg = 'HS256', secret = SECRET } = {}): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(Buffer.from(secret));
}

/** Assembles a token by hand, as an attacker would, from header, payload and signature. */
function forged(header: object, payload: string, secret = SECRET): string {
  const body = [JSON.stringify(header), payload]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

async function refusal(attempt: Promise<unknown>): Promise<InvalidToken> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InvalidToken);
  return error as InvalidToken;
}

describe('a good token', () => {
  it('returns the user and the expiry', async () => {
    const alice = await signToken({ key: SECRET, userId: 'alice', ttlSeconds: 60, now: NOW });
    expect(await verify(alice)).toEqual({
      userId: 'alice',
      isAdmin: false,
      moderate: ChannelPatterns.NONE,
      groups: [],
      mayJoin: undefined,
      joinRights: undefined,
      isWatchOnly: false,
      viewer: unrestrictedViewer('alice'),
      issuedAt: SECONDS,
      expiresAt: NOW + 60_000 + 5_000,
    });
  });

  it('may have any valid user id', async () => {
    for (const sub of ['a', 'x'.repeat(128), 'users/ålice 🦊', '__proto__']) {
      expect(await verify(await token({ sub }))).toMatchObject({ userId: sub });
    }
  });

  it('says when it was issued, in whole seconds that a time can hold', async () => {
    const issuedAt = async (iat?: number): Promise<number | undefined> =>
      (await verify(await token({ sub: 'alice', ...(iat !== undefined && { iat }) }))).issuedAt;
    expect(await issuedAt(SECONDS - 0.1)).toBe(SECONDS - 1);
    expect(await issuedAt(SECONDS + 60)).toBe(SECONDS + 60);
    expect(await issuedAt()).toBeUndefined();
    // Milliseconds instead of seconds would be later than every revocation.
    expect(await issuedAt(NOW)).toBeUndefined();
  });

  it('need not expire', async () => {
    expect(await verify(await token({ sub: 'alice' }))).toMatchObject({ expiresAt: undefined });
    const payload = '{"sub":"alice","exp":1e999}';
    expect(await verify(forged({ alg: 'HS256' }, payload))).toMatchObject({ expiresAt: undefined });
  });
});

describe('the scope', () => {
  const cases: [unknown, boolean][] = [
    ['presence:admin', true],
    ['openid presence:admin email', true],
    [['openid', 'presence:admin'], true],
    ['presence:administrator', false],
    ['presence:admin,openid', false],
    ['PRESENCE:ADMIN', false],
    [['openid presence:admin'], false],
    [{ includes: 'presence:admin' }, false],
    [true, false],
    [undefined, false],
  ];

  it.each(cases)('%j makes an admin: %s', async (scope, isAdmin) => {
    expect((await verify(await token({ sub: 'alice', scope }))).isAdmin).toBe(isAdmin);
  });

  it('is written by signToken only for admins', async () => {
    const request = { key: SECRET, userId: 'root', ttlSeconds: 60, now: NOW };
    expect((await verify(await signToken({ ...request, isAdmin: true }))).isAdmin).toBe(true);
    expect((await verify(await signToken(request))).isAdmin).toBe(false);
  });
});

describe('time', () => {
  it('forgives clocks that are 5 seconds apart, and not more', async () => {
    const expired = await token({ sub: 'alice', exp: SECONDS });
    expect((await verify(expired, {}, NOW + 4_999)).expiresAt).toBe(NOW + 5_000);
    expect((await refusal(verify(expired, {}, NOW + 5_000))).message).toBe('token expired');
  });

  it('expires exactly at expiresAt, also with fractions of a second', async () => {
    const expired = await token({ sub: 'alice', exp: SECONDS + 0.5 });
    const { expiresAt = 0 } = await verify(expired);
    expect(await verify(expired, {}, expiresAt - 1)).toBeDefined();
    expect((await refusal(verify(expired, {}, expiresAt))).message).toBe('token expired');
  });

  it('rejects a token that is not valid yet', async () => {
    const early = await token({ sub: 'alice', nbf: SECONDS + 6 });
    expect(await refusal(verify(early))).toMatchObject({ check: 'nbf check_failed' });
    expect(await verify(early, {}, NOW + 1_000)).toBeDefined();
  });

  it('rejects times that are no numbers', async () => {
    for (const claim of ['exp', 'nbf', 'iat']) {
      const payload = JSON.stringify({ sub: 'alice', [claim]: 'tomorrow' });
      await refusal(verify(forged({ alg: 'HS256' }, payload)));
    }
  });
});

describe('the subject', () => {
  it.each([
    ['missing', {}],
    ['empty', { sub: '' }],
    ['too long', { sub: 'x'.repeat(129) }],
    ['a line break', { sub: 'ali\nce' }],
    ['a NUL', { sub: 'alice\0' }],
    ['a number', { sub: 7 }],
    ['a list', { sub: ['alice'] }],
    ['null', { sub: null }],
  ])('is rejected when it is %s', async (_, claims) => {
    const error = await refusal(verify(forged({ alg: 'HS256' }, JSON.stringify(claims))));
    expect(error).toMatchObject({
      message: 'token is not valid',
      check: 'sub is not a valid user id',
    });
  });
});

describe('issuer and audience', () => {
  const expected = { issuer: 'https://id.example/', audience: 'presence' };
  const good = { sub: 'alice', iss: 'https://id.example/', aud: 'presence' };

  it('are checked when they are configured', async () => {
    expect(await verify(await token(good), expected)).toBeDefined();
    expect(
      await verify(await token({ ...good, aud: ['chat', 'presence'] }), expected),
    ).toBeDefined();
  });

  it.each([
    ['another issuer', { ...good, iss: 'https://evil.example/' }],
    ['an issuer that only begins alike', { ...good, iss: 'https://id.example/evil' }],
    ['no issuer', { sub: 'alice', aud: 'presence' }],
    ['another audience', { ...good, aud: 'chat' }],
    ['an audience that only contains it', { ...good, aud: 'presence-admin' }],
    ['no audience', { sub: 'alice', iss: good.iss }],
  ])('reject %s', async (_, claims) => {
    await refusal(verify(await token(claims), expected));
  });

  it('are not looked at otherwise', async () => {
    expect(await verify(await token(good))).toBeDefined();
  });

  it('are written by signToken', async () => {
    const request = { key: SECRET, userId: 'alice', ttlSeconds: 60, now: NOW };
    expect(await verify(await signToken({ ...request, ...expected }), expected)).toBeDefined();
  });
});

describe('a forged token', () => {
  const payload = JSON.stringify({ sub: 'alice' });

  it('is rejected if it declares that it has no signature', async () => {
    for (const alg of ['none', 'None', 'NONE', '']) {
      const unsigned = forged({ alg }, payload).replace(/[^.]*$/, '');
      await refusal(verify(unsigned));
      await refusal(verify(forged({ alg }, payload)));
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
    expect(await refusal(verify(spoil(good)))).toBeDefined();
  });

  it('is rejected if its signature is of another key or incomplete', async () => {
    await refusal(verify(forged({ alg: 'HS256' }, payload, 'another secret')));
    await refusal(verify(forged({ alg: 'HS256' }, payload, '')));
    await refusal(verify(forged({ alg: 'HS256' }, payload).slice(0, -1)));
    await refusal(verify(forged({ alg: 'HS256' }, payload).replace(/[^.]*$/, '')));
  });

  it('is rejected when its claims were exchanged', async () => {
    const [header, , signature] = forged({ alg: 'HS256' }, payload).split('.');
    const bob = Buffer.from('{"sub":"bob"}').toString('base64url');
    await refusal(verify([header, bob, signature].join('.')));
  });

  it('cannot choose another algorithm, not even with the right key', async () => {
    const strong = 'x'.repeat(64);
    const verifier = new TokenVerifier(await createVerificationKeys({ secrets: [strong] }));
    for (const alg of ['HS384', 'HS512']) {
      await refusal(verifier.verify(await token({ sub: 'alice' }, { alg, secret: strong })));
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
      expect((await refusal(verify(token))).message).toBe('token is not valid');
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
    await refusal(verify(forged(header, payload, 'attacker')));
  });

  it('cannot ask for extensions that are not known', async () => {
    await refusal(verify(forged({ alg: 'HS256', crit: ['exp'] }, payload)));
    await refusal(verify(forged({ alg: 'HS256', crit: ['b64'], b64: false }, payload)));
    await refusal(verify(forged({ alg: 'HS256', crit: [] }, payload)));
    await refusal(verify(forged({ alg: 'HS256', crit: 'exp' }, payload)));
  });

  it('is rejected with an unencoded payload or as a nested token', async () => {
    const header = Buffer.from('{"alg":"HS256","crit":["b64"],"b64":false}').toString('base64url');
    const signature = createHmac('sha256', SECRET).update(`${header}.${payload}`).digest();
    await refusal(verify(`${header}.${payload}.${signature.toString('base64url')}`));
    // A nested token proves nothing by itself.
    await refusal(verify(forged({ alg: 'HS256', cty: 'JWT' }, forged({ alg: 'HS256' }, payload))));
  });
});

describe('claims that are written twice', () => {
  it('have the value of the last one, as with JSON.parse', async () => {
    const twice = forged({ alg: 'HS256' }, '{"sub":"alice","sub":"bob","exp":1,"exp":1e10}');
    expect(await verify(twice)).toMatchObject({ userId: 'bob', isAdmin: false });
  });

  it('are not searched in nested objects', async () => {
    const nested = { claims: { sub: 'root' }, realm: { scope: 'presence:admin' } };
    await refusal(verify(forged({ alg: 'HS256' }, JSON.stringify(nested))));
    const own = forged({ alg: 'HS256' }, JSON.stringify({ ...nested, sub: 'alice' }));
    expect(await verify(own)).toMatchObject({ userId: 'alice', isAdmin: false });
    const polluted = '{"sub":"alice","__proto__":{"scope":"presence:admin","exp":1}}';
    expect(await verify(forged({ alg: 'HS256' }, polluted))).toMatchObject({ isAdmin: false });
  });
});

describe('a token that was verified before', () => {
  it('is not good for longer than it says', async () => {
    const clock = new ManualClock(NOW);
    const verifier = new TokenVerifier(keys, {}, clock);
    const short = await token({ sub: 'alice', exp: SECONDS + 10 });
    await verifier.verify(short);
    clock.advance(14_999);
    expect(await verifier.verify(short)).toBeDefined();
    clock.advance(1);
    expect((await refusal(verifier.verify(short))).message).toBe('token expired');
  });

  it('is dropped from the cache when it is unused', async () => {
    const clock = new ManualClock(NOW);
    const verifier = new TokenVerifier(keys, {}, clock);
    await verifier.verify(await token({ sub: 'alice' }));
    clock.advance(30_000);
    verifier.forgetOld();
    expect(verifier.remembered).toBe(0);
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
    expect((await refusal(verify(text))).message).toBe('token is not valid');
  });

  it.each(['null', '[]', '"alice"', '7', '{', ''])(
    'signed claims %j are not valid',
    async (claims) => {
      await refusal(verify(forged({ alg: 'HS256' }, claims)));
    },
  );

  it('is rejected as no token if it is missing', async () => {
    expect((await refusal(verify(''))).message).toBe('no token');
  });

  it('is not read when it is longer than 8 KiB', async () => {
    const fits = await token({ sub: 'alice', padding: 'x'.repeat(6_000) });
    const long = await token({ sub: 'alice', padding: 'x'.repeat(6_200) });
    expect(await verify(fits)).toBeDefined();
    expect(await refusal(verify(long))).toMatchObject({ check: 'too long' });
    await refusal(verify('x'.repeat(10_000_000)));
  });
});

it('reveals nothing of the token or the key in the error', async () => {
  const private_ = await token({ sub: 'alice', exp: 1, email: 'alice@example.org' });
  const error = await refusal(verify(private_));
  expect(error.cause).toBeUndefined();
  expect(JSON.stringify({ ...error, stack: error.stack })).not.toMatch(/alice|horse|eyJ/);
});
