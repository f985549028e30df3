import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { timestampMessage } from '../../src/api/proto-mappers.js';
import { ADMIN_SCOPE } from '../../src/auth/principal.js';
import { signToken } from '../../src/auth/sign-token.js';
import { RevocationSweeper } from '../../src/revocation/revocation-sweeper.js';
import { PresenceStore } from '../../src/store/presence-store.js';
import { SignJWT } from 'jose';
import type { Client } from '../support/client.js';
import { refusalOf } from '../support/error-info.js';
import { eventually } from '../support/eventually.js';
import { inWords } from '../support/in-words.js';
import { SECRET, Service } from '../support/service.js';

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;

const REVOKED = {
  code: status.UNAUTHENTICATED,
  details: expect.stringContaining('the token was revoked') as string,
};

/** Resolves when every node knows what was committed: another node learns of it a moment later. */
async function known(service: Service): Promise<void> {
  await Promise.all(service.all(PresenceStore).map((store) => store.view.awaitCurrent()));
}

describe('RevokeTokens', () => {
  let service: Service;
  let admin: Client;
  beforeEach(async () => {
    service = await Service.start({ AUTH_MAX_TOKEN_LIFETIME_MS: String(HOUR_MS) });
    // The issue times of tokens have whole seconds, so the tests begin half a second after one.
    service.clock.advance(500 - (service.clock.wall() % SECOND_MS));
    admin = await clientAt('admin', 0, { isAdmin: true });
  });
  afterEach(() => service.stop());

  /** Creates a client whose token was issued so many seconds from now, rounded down. */
  async function clientAt(
    userId: string,
    seconds = 0,
    options: { readonly isAdmin?: boolean } = {},
  ): Promise<Client> {
    const now = service.clock.wall() + seconds * SECOND_MS;
    return service.clientWithToken(
      await signToken({ key: SECRET, userId, ttlSeconds: HOUR_MS / SECOND_MS, now, ...options }),
    );
  }

  async function revoke(userId: string, secondsFromNow?: number): Promise<number> {
    const at = secondsFromNow && service.clock.wall() + secondsFromNow * SECOND_MS;
    const { endedSessions } = await admin.revokeTokens({
      userId,
      issuedBefore: timestampMessage(at),
    });
    await known(service);
    return endedSessions;
  }

  function remembered(): readonly number[] {
    return service.all(PresenceStore).map(({ view }) => view.tokensValidFrom.size);
  }

  it('ends the sessions of older tokens at once, and counts them', async () => {
    const watcher = (await clientAt('watcher')).subscribe({ userIds: ['amy'] });
    await watcher.beginning();
    const old = await clientAt('amy', -60);
    const streams = [await old.connect(), await old.connect({ platform: 'web' })];
    const newer = await clientAt('amy', 0);
    const { sessionId } = await newer.connect({ platform: 'mobile' });

    expect(await revoke('amy', -10)).toBe(2);

    for (const { stream } of streams) {
      expect(await stream.ended).toMatchObject(REVOKED);
    }
    const { sessions } = await newer.listSessions();
    expect(sessions.map((session) => session.sessionId)).toEqual([sessionId]);
    expect(await revoke('amy')).toBe(1);
    const events = await watcher.nextEvents(5);
    expect(events.map(inWords).slice(-2)).toEqual([
      'userConnectionChanged TOKEN_REVOKED',
      'userOffline TOKEN_REVOKED',
    ]);
  });

  it('ends the subscriptions of older tokens at once, and no others', async () => {
    const old = await clientAt('ben', -60);
    const [events, counts] = [old.subscribe(), old.watchCounts()];
    const others = [(await clientAt('ben')).subscribe(), (await clientAt('cat', -60)).subscribe()];
    await Promise.all([events, ...others].map((stream) => stream.beginning()));
    await counts.next();

    await revoke('ben', -10);

    for (const stream of [events, counts]) {
      expect(await stream.ended).toMatchObject(REVOKED);
    }
    await (await clientAt('dan')).connect();
    for (const other of others) {
      expect((await other.nextEvent()).presence?.userId).toBe('dan');
    }
  });

  it('refuses every call with an older token, also if the node has verified it before', async () => {
    const old = await clientAt('eve', -60);
    await old.listSessions();
    await revoke('eve');
    expect((await refusalOf(old.listSessions())).reason).toBe('TOKEN_REVOKED');
    const refused = [
      () => old.listSessions(),
      () => old.getPresence({ userId: 'bob' }),
      () => old.joinChannel({ sessionId: 'any', channelId: 'lobby' }),
      () => old.connect(),
      () => old.subscribe().beginning(),
      () => old.watchCounts().next(),
    ];
    for (const attempt of refused) {
      await expect(attempt()).rejects.toThrow(/the token was revoked/);
    }
  });

  it('accepts a token of the next second at once, and refuses one of the same second', async () => {
    const sameSecond = await clientAt('fox', 0);
    expect(await revoke('fox')).toBe(0);
    await expect(sameSecond.listSessions()).rejects.toMatchObject(REVOKED);
    service.clock.advance(500);
    const next = await clientAt('fox');
    const { stream } = await next.connect();
    const events = next.subscribe();
    await events.beginning();
    expect((await next.listSessions()).sessions).toHaveLength(1);
    stream.cancel();
  });

  it('counts a token without an issue time as older than every moment', async () => {
    const service = await Service.start();
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('gil')
      .sign(Buffer.from(SECRET));
    const gil = service.clientWithToken(token);
    const { stream } = await gil.connect();
    const root = service.clientWithToken(
      await new SignJWT({ scope: ADMIN_SCOPE })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject('root')
        .sign(Buffer.from(SECRET)),
    );
    const issuedBefore = { seconds: 1, nanos: 0 };
    expect(await root.revokeTokens({ userId: 'gil', issuedBefore })).toEqual({ endedSessions: 1 });
    expect(await stream.ended).toMatchObject(REVOKED);
    await known(service);
    await expect(gil.listSessions()).rejects.toMatchObject(REVOKED);
    await service.stop();
  });

  it('is not undone by a call with an earlier moment', async () => {
    const old = await clientAt('hal', -60);
    await revoke('hal', -10);
    await revoke('hal', -120);
    await expect(old.listSessions()).rejects.toMatchObject(REVOKED);
  });

  it('needs the scope presence:admin', async () => {
    const attempt = (await clientAt('joe')).revokeTokens({ userId: 'joe' });
    await expect(attempt).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
  });

  it('rejects a moment in the future', async () => {
    await expect(revoke('kim', 1)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining('issued_before') as string,
    });
    expect(remembered().every((size) => size === 0)).toBe(true);
  });

  it('is forgotten when every token that it concerns has expired, and not earlier', async () => {
    const sweep = (): Promise<unknown> =>
      Promise.all(service.all(RevocationSweeper).map((sweeper) => sweeper.sweep()));
    await revoke('leo');
    service.clock.advance(HOUR_MS + 5 * SECOND_MS);
    await sweep();
    expect(remembered().every((size) => size === 1)).toBe(true);
    service.clock.advance(5 * SECOND_MS);
    await sweep();
    await eventually(async () => remembered().every((size) => size === 0), true);
  });
});

describe('AUTH_MAX_TOKEN_LIFETIME_MS', () => {
  it('refuses tokens that live longer, or do not say for how long', async () => {
    const service = await Service.start({ AUTH_MAX_TOKEN_LIFETIME_MS: String(HOUR_MS) });
    const now = Math.floor(service.clock.wall() / SECOND_MS);
    const attempt = async (claims: object): Promise<string> => {
      const jwt = new SignJWT({ sub: 'ann', ...claims }).setProtectedHeader({ alg: 'HS256' });
      const client = service.clientWithToken(await jwt.sign(Buffer.from(SECRET)));
      return client.listSessions().then(
        () => 'accepted',
        (error: unknown) => (error as Error).message,
      );
    };
    expect(await attempt({ iat: now, exp: now + 3600 })).toBe('accepted');
    expect(await attempt({ iat: now, exp: now + 3601 })).toMatch(/token is not valid/);
    expect(await attempt({ iat: now })).toMatch(/token is not valid/);
    expect(await attempt({ exp: now + 60 })).toMatch(/token is not valid/);
    expect(await attempt({ iat: now * 1000, exp: now + 60 })).toMatch(/token is not valid/);
    await service.stop();
  });
});
