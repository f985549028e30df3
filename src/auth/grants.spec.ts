import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Config } from '../config/config.js';
import { createVerificationKeys } from './create-verification-keys.js';
import type { GrantsClaim } from './grants.js';
import type { Principal } from './principal.js';
import { signToken } from './sign-token.js';
import { TokenVerifier } from './token-verifier.js';

const SECRET = 'correct-horse-battery-staple-at-length';
const keys = await createVerificationKeys({ secrets: [SECRET] });

type Access = Config['access'];
const DEFAULTS: Access = { visibility: 'everyone', channelAccess: 'any' };
const GRANTED: Access = { ...DEFAULTS, channelAccess: 'granted' };
const IN_GROUPS: Access = { ...DEFAULTS, visibility: 'groups' };

async function principal(
  grants: GrantsClaim | undefined,
  access: Access = DEFAULTS,
  isAdmin = false,
): Promise<Principal> {
  const token = await signToken({ key: SECRET, userId: 'ann', ttlSeconds: 60, grants, isAdmin });
  return new TokenVerifier(keys, { access }).verify(token);
}

/** Returns what the token may do in a channel. */
async function rightsIn(
  channelId: string,
  grants: GrantsClaim | undefined,
  access?: Access,
): Promise<readonly string[]> {
  const { mayJoin, moderate, viewer } = await principal(grants, access);
  return [
    ...(viewer.mayWatch?.(channelId) === false ? [] : ['watch']),
    ...(mayJoin?.(channelId) === false ? [] : ['join']),
    ...(moderate.matches(channelId) ? ['moderate'] : []),
  ];
}

const rightsOf = async (
  grants: GrantsClaim | undefined,
  access: Access = DEFAULTS,
): Promise<string> => (await principal(grants, access)).viewer.rights;

const joinRightsOf = async (
  grants: GrantsClaim | undefined,
  access: Access = DEFAULTS,
): Promise<string | undefined> => (await principal(grants, access)).joinRights;

describe('The grants of a token', () => {
  it('have the groups, sorted, each once', async () => {
    expect((await principal({ groups: ['b', 'a', 'b'] })).groups).toEqual(['a', 'b']);
    expect((await principal({})).groups).toEqual([]);
  });

  it('say whether the token may begin sessions', async () => {
    expect((await principal({ watch_only: true })).isWatchOnly).toBe(true);
    expect((await principal({ watch_only: false })).isWatchOnly).toBe(false);
    expect((await principal(undefined)).isWatchOnly).toBe(false);
  });

  it.each([
    ['event42/stage', true],
    ['event42/', true],
    ['lobby', true],
    ['event42', false],
    ['lobby2', false],
  ])(
    'name channels by their id or by a prefix: %j is granted: %s',
    async (channelId, isGranted) => {
      const { moderate } = await principal({ moderate: ['event42/*', 'lobby'] });
      expect(moderate.matches(channelId)).toBe(isGranted);
    },
  );

  it('name every channel with "*", and none without a list', async () => {
    expect((await principal({ moderate: ['*'] })).moderate.matches('any')).toBe(true);
    expect((await principal({})).moderate.matches('any')).toBe(false);
  });

  it.each<[GrantsClaim | undefined, Access, readonly string[]]>([
    [undefined, DEFAULTS, ['watch', 'join']],
    [{ groups: ['a'] }, DEFAULTS, ['watch', 'join']],
    [{ moderate: ['lobby'] }, DEFAULTS, ['watch', 'join', 'moderate']],
    [{ moderate: ['attic'] }, DEFAULTS, ['watch', 'join']],
    [{ join: [] }, DEFAULTS, []],
    [{ join: ['lobby'] }, DEFAULTS, ['watch', 'join']],
    [{ join: ['attic'] }, DEFAULTS, []],
    [{ watch: ['lobby'] }, DEFAULTS, ['watch']],
    [{ watch: ['lobby'], join: ['attic'] }, DEFAULTS, ['watch']],
    [{ watch: [], moderate: ['lobby'] }, DEFAULTS, ['watch', 'join', 'moderate']],
    [{ watch: ['*'] }, DEFAULTS, ['watch']],
    [undefined, GRANTED, []],
    [{ groups: ['a'] }, GRANTED, []],
    [{ join: ['l*'] }, GRANTED, ['watch', 'join']],
    [{ watch: ['l*'] }, GRANTED, ['watch']],
    [{ moderate: ['l*'] }, GRANTED, ['watch', 'join', 'moderate']],
  ])('%j with %j give these rights in the channel lobby: %j', async (grants, access, rights) => {
    expect(await rightsIn('lobby', grants, access)).toEqual(rights);
  });

  it('restrict the users whom the token sees only with VISIBILITY=groups', async () => {
    const grants = { groups: ['a'] };
    expect((await principal(grants)).viewer.groups).toBeUndefined();
    expect((await principal(grants, IN_GROUPS)).viewer.groups).toEqual(new Set(['a']));
    expect((await principal(undefined, IN_GROUPS)).viewer.groups).toEqual(new Set());
  });

  it('restrict no admin, except that a token may be for watching only', async () => {
    const access: Access = { visibility: 'groups', channelAccess: 'granted' };
    const admin = await principal({ join: ['a'], groups: ['a'], watch_only: true }, access, true);
    const viewer = { userId: 'ann', groups: undefined, mayWatch: undefined, rights: '' };
    expect(admin).toMatchObject({ viewer, mayJoin: undefined, groups: ['a'], isWatchOnly: true });
  });

  it('are in the claim that AUTH_GRANTS_CLAIM names', async () => {
    const grantsClaim = 'https://example.com/presence';
    const request = { key: SECRET, userId: 'ann', ttlSeconds: 60, grants: { groups: ['a'] } };
    const token = await signToken({ ...request, grantsClaim });
    const caller = await new TokenVerifier(keys, { grantsClaim }).verify(token);
    expect(caller.groups).toEqual(['a']);
    expect((await new TokenVerifier(keys).verify(token)).groups).toEqual([]);
  });
});

describe('The digest of rights', () => {
  it('is empty for a viewer who sees every user and every channel', async () => {
    expect(await rightsOf(undefined)).toBe('');
    expect(await rightsOf({ groups: ['a'], moderate: ['b'] })).toBe('');
    expect(await rightsOf({ watch: ['*'] }, GRANTED)).toBe('');
  });

  it('is equal for equal rights, however the token writes them', async () => {
    const access: Access = { visibility: 'groups', channelAccess: 'granted' };
    const rights = await rightsOf({ groups: ['a', 'b'], watch: ['c', 'd*'] }, access);
    expect(rights).not.toBe('');
    const same = { groups: ['b', 'a', 'a'], watch: ['d*'], moderate: ['c', 'd*'] };
    expect(await rightsOf(same, access)).toBe(rights);
  });

  it('differs for other groups and other channels', async () => {
    const all = await Promise.all([
      rightsOf(undefined, IN_GROUPS),
      rightsOf({ groups: ['a'] }, IN_GROUPS),
      rightsOf({ groups: ['a', 'b'] }, IN_GROUPS),
      rightsOf({ groups: ['a,b'] }, IN_GROUPS),
      rightsOf({ groups: ['a'], watch: ['c'] }, IN_GROUPS),
      rightsOf({ groups: ['a'], watch: ['c*'] }, IN_GROUPS),
      rightsOf({ groups: ['a'], watch: [] }, IN_GROUPS),
      rightsOf({ groups: ['a'], watch: ['c'] }),
      rightsOf({ watch: [] }),
    ]);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('The digest of the channels that a token may join', () => {
  it('is undefined for a token that may join every channel', async () => {
    expect(await joinRightsOf(undefined)).toBeUndefined();
    expect(await joinRightsOf({ groups: ['a'], moderate: ['b'] }, IN_GROUPS)).toBeUndefined();
    expect(await joinRightsOf({ join: ['*'] }, GRANTED)).toBeUndefined();
    expect((await principal({ join: ['a'] }, GRANTED, true)).joinRights).toBeUndefined();
  });

  it('is equal for equal channels, whatever else the token grants', async () => {
    const rights = await joinRightsOf({ join: ['a', 'b*'] });
    expect(rights).toBeDefined();
    const same = { join: ['b*', 'a', 'a'], moderate: ['a'], watch: ['c'], groups: ['d'] };
    expect(await joinRightsOf(same, { ...GRANTED, ...IN_GROUPS })).toBe(rights);
  });

  it('differs for other channels', async () => {
    const all = await Promise.all([
      joinRightsOf(undefined, GRANTED),
      joinRightsOf({ join: ['a'] }),
      joinRightsOf({ join: ['a*'] }),
      joinRightsOf({ join: ['a'], moderate: ['b'] }),
    ]);
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('A malformed claim', () => {
  const LONG = Array.from({ length: 101 }, (_, i) => `x${i}`);
  const GROUP = 'a group: 1 to 128 characters, none of them a control character';
  const PATTERN = 'a channel id, or the beginning of one followed by "*"';

  it.each<[unknown, string]>([
    ['text', 'presence is not an object'],
    [null, 'presence is not an object'],
    [['lobby'], 'presence is not an object'],
    [{ groups: 'a' }, 'presence.groups is not a list of at most 100 entries'],
    [{ groups: LONG }, 'presence.groups is not a list of at most 100 entries'],
    [{ groups: [''] }, `presence.groups[0] is not ${GROUP}`],
    [{ groups: ['a', 'a\nb'] }, `presence.groups[1] is not ${GROUP}`],
    [{ groups: [1] }, `presence.groups[0] is not ${GROUP}`],
    [{ join: 'a' }, 'presence.join is not a list of at most 100 entries'],
    [{ join: LONG }, 'presence.join is not a list of at most 100 entries'],
    [{ watch: null }, 'presence.watch is not a list of at most 100 entries'],
    [{ moderate: { 0: 'a' } }, 'presence.moderate is not a list of at most 100 entries'],
    [{ moderate: [1] }, `presence.moderate[0] is not ${PATTERN}`],
    [{ watch: [''] }, `presence.watch[0] is not ${PATTERN}`],
    [{ join: ['a', 'a*b'] }, `presence.join[1] is not ${PATTERN}`],
    [{ join: ['**'] }, `presence.join[0] is not ${PATTERN}`],
    [{ join: ['a\n*'] }, `presence.join[0] is not ${PATTERN}`],
    [{ join: ['x'.repeat(129)] }, `presence.join[0] is not ${PATTERN}`],
    [{ watch_only: 'true' }, 'presence.watch_only is not a boolean'],
    [{ watch_only: null }, 'presence.watch_only is not a boolean'],
  ])('makes the token invalid, and the message names the field: %j', async (claim, detail) => {
    const token = await new SignJWT({ sub: 'ann', presence: claim })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.from(SECRET));
    await expect(new TokenVerifier(keys).verify(token)).rejects.toMatchObject({
      message: `token is not valid: ${detail}`,
      reason: 'TOKEN_INVALID',
    });
  });

  it('is named as the setting names it', async () => {
    const grantsClaim = 'https://example.com/presence';
    const token = await new SignJWT({ sub: 'ann', [grantsClaim]: { groups: [1] } })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.from(SECRET));
    await expect(new TokenVerifier(keys, { grantsClaim }).verify(token)).rejects.toThrow(
      `token is not valid: ${grantsClaim}.groups[0] is not a group: 1 to 128 characters, none of them a control character`,
    );
  });
});
