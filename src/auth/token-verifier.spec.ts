import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  forged,
  keys,
  NOW,
  rejection,
  SECRET,
  token,
  verify,
} from '../../test/support/forged-tokens.js';
import { ManualClock } from '../../test/support/manual-clock.js';
import { unrestrictedViewer } from '../domain/viewer.js';
import { ChannelPatterns } from './channel-patterns.js';
import { signToken } from './sign-token.js';
import { TokenVerifier } from './token-verifier.js';

const SECONDS = NOW / 1_000;

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

  it('has the time of issue, in full seconds that a timestamp can represent', async () => {
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

it('verifies the signature of a shared secret without a job of the thread pool', async () => {
  const alice = await token({ sub: 'alice' });
  const job = vi.spyOn(crypto.subtle, 'verify');
  onTestFinished(() => job.mockRestore());
  expect(await verify(alice)).toMatchObject({ userId: 'alice' });
  expect(job).not.toHaveBeenCalled();
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
    expect((await rejection(verify(expired, {}, NOW + 5_000))).message).toBe('token expired');
  });

  it('expires exactly at expiresAt, also with fractions of a second', async () => {
    const expired = await token({ sub: 'alice', exp: SECONDS + 0.5 });
    const { expiresAt = 0 } = await verify(expired);
    expect(await verify(expired, {}, expiresAt - 1)).toBeDefined();
    expect((await rejection(verify(expired, {}, expiresAt))).message).toBe('token expired');
  });

  it('rejects a token that is not valid yet', async () => {
    const early = await token({ sub: 'alice', nbf: SECONDS + 6 });
    expect(await rejection(verify(early))).toMatchObject({ check: 'nbf check_failed' });
    expect(await verify(early, {}, NOW + 1_000)).toBeDefined();
  });

  it('rejects times that are no numbers', async () => {
    for (const claim of ['exp', 'nbf', 'iat']) {
      const payload = JSON.stringify({ sub: 'alice', [claim]: 'tomorrow' });
      await rejection(verify(forged({ alg: 'HS256' }, payload)));
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
    const error = await rejection(verify(forged({ alg: 'HS256' }, JSON.stringify(claims))));
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
    await rejection(verify(await token(claims), expected));
  });

  it('are not looked at otherwise', async () => {
    expect(await verify(await token(good))).toBeDefined();
  });

  it('are written by signToken', async () => {
    const request = { key: SECRET, userId: 'alice', ttlSeconds: 60, now: NOW };
    expect(await verify(await signToken({ ...request, ...expected }), expected)).toBeDefined();
  });
});

describe('a token that was verified before', () => {
  it('is not valid after its expiry', async () => {
    const clock = new ManualClock(NOW);
    const verifier = new TokenVerifier(keys, {}, clock);
    const short = await token({ sub: 'alice', exp: SECONDS + 10 });
    await verifier.verify(short);
    clock.advance(14_999);
    expect(await verifier.verify(short)).toBeDefined();
    clock.advance(1);
    expect((await rejection(verifier.verify(short))).message).toBe('token expired');
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
