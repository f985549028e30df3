import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.js';
import { inWords, statusOf } from '../support/in-words.js';
import { Service, tokenOf } from '../support/service.js';

/** The time for which a token is still accepted after it has expired. */
const LEEWAY_MS = 5_000;
const MINUTE_MS = 60_000;

describe('A token that expires', () => {
  let service: Service;
  beforeAll(async () => void (service = await Service.start()));
  afterAll(() => service.stop());

  /**
   * Creates a client whose token is valid for `seconds` by the clock of the service, which is
   * ahead.
   */
  async function clientFor(userId: string, seconds: number): Promise<Client> {
    const ahead = Math.round((service.clock.now() - Date.now()) / 1000);
    return service.clientWithToken(await tokenOf(userId, { ttlSeconds: ahead + seconds }));
  }

  it('ends the sessions begun with it with UNAUTHENTICATED, and those of no other', async () => {
    const watcher = (await clientFor('watcher', 86_400)).subscribe({ userIds: ['amy'] });
    await watcher.beginning();
    const short = await (await clientFor('amy', 60)).connect({ platform: 'web' });
    const long = await clientFor('amy', 3600);
    const { sessionId } = await long.connect({ platform: 'mobile' });

    // Tokens have a resolution of one second.
    await service.passTime(MINUTE_MS + LEEWAY_MS - 2000);
    expect((await long.listSessions()).sessions).toHaveLength(2);
    await service.passTime(3000);
    expect(await short.stream.ended).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: 'the token expired; connect again with a new one',
    });
    const { sessions } = await long.listSessions();
    expect(sessions.map((session) => session.sessionId)).toEqual([sessionId]);

    await service.passTime(60 * MINUTE_MS);
    const events = await watcher.nextEvents(5);
    expect(events.map(inWords)).toEqual([
      'userOnline CONNECTED',
      'userConnectionChanged CONNECTED',
      'userConnectionChanged TOKEN_EXPIRED',
      'userStatusChanged IDLE',
      'userOffline TOKEN_EXPIRED',
    ]);
  });

  it('does so by the wall clock, soon after that is set, and nothing else is due sooner or later', async () => {
    const client = await clientFor('gwen', 3600);
    const { stream } = await client.connect();
    service.clock.setWall(-30 * MINUTE_MS);
    await service.passTime(2 * MINUTE_MS);
    const { presence } = await client.getPresence({ userId: 'gwen' });
    expect(statusOf(presence)).toBe('ONLINE');
    service.clock.setWall(90 * MINUTE_MS);
    await service.passTime(1000);
    expect((await stream.ended).code).toBe(status.UNAUTHENTICATED);
    service.clock.setWall(-60 * MINUTE_MS);
  });

  it('ends a session also if it is active', async () => {
    const client = await clientFor('ben', 60);
    const { sessionId, stream } = await client.connect({ requireHeartbeats: true });
    for (let i = 0; i < 14; i++) {
      await client.heartbeat({ sessionId }).catch(() => {});
      await service.passTime(5_000);
    }
    expect((await stream.ended).code).toBe(status.UNAUTHENTICATED);
  });

  it('ends the subscriptions begun with it with UNAUTHENTICATED', async () => {
    const short = (await clientFor('cat', 60)).subscribe();
    const long = (await clientFor('dan', 3600)).subscribe();
    await short.beginning();
    await long.beginning();
    await service.passTime(MINUTE_MS + LEEWAY_MS + 1000);
    expect(await short.ended).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: 'the token expired; subscribe again with a new one',
    });
    await (await clientFor('eli', 60)).connect();
    expect((await long.nextEvent()).presence?.userId).toBe('eli');
  });

  it('is rejected afterwards', async () => {
    const client = service.clientWithToken(await tokenOf('fox', { ttlSeconds: -6 }));
    await expect(client.listSessions()).rejects.toMatchObject({
      code: status.UNAUTHENTICATED,
      details: 'token expired',
    });
  });
});
