import type { PresenceClient } from '@presence-service/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signToken } from '../../src/auth/sign-token.js';
import { ManualClock } from '../../test/support/manual-clock.js';
import { SECRET, Service, tokenOf } from '../../test/support/service.js';
import { Clients } from './support/clients.js';
import { nextSession, untilStatus } from './support/observed.js';
import { PROTOCOLS } from './support/protocols.js';

const REVOKED = { code: 'unauthenticated', reason: 'TOKEN_REVOKED' };

/** A clock whose time of day is the real one, as tokens that are issued now need it. */
class RealTimeOfDay extends ManualClock {
  override wall(): number {
    return Date.now();
  }
}

describe.each(PROTOCOLS)('With clients over $name, a revocation', (protocol) => {
  let service: Service;
  let clients: Clients;
  let admin: PresenceClient;
  beforeEach(async () => {
    service = await Service.start(protocol.settings, { clock: new RealTimeOfDay() });
    clients = new Clients(protocol);
    admin = clients.of(service, 'admin', { isAdmin: true });
  });
  afterEach(async () => {
    clients.close();
    await service.stop();
  });

  it('makes sessions and collections go on with a token that was issued after it', async () => {
    let asked = 0;
    const token = () => {
      asked++;
      return tokenOf('ann');
    };
    const client = clients.of(service, 'ann', { token });
    const session = client.connect();
    await session.joinChannel('lobby');
    const team = client.watch({ users: ['ann'] });
    await team.ready;
    // The token was issued in this second, so a new token must be issued in a later one.
    await nextSession(session, async () => {
      expect(await admin.revokeTokens('ann')).toBe(1);
    });
    await untilStatus(team.state, 'live');
    expect(await client.get('ann')).toMatchObject({ status: 'online', channelIds: ['lobby'] });
    expect(asked).toBe(2);
  });

  it('ends sessions and collections for good if the new token is revoked, too', async () => {
    const issuedAt = Date.now() - 60_000;
    let asked = 0;
    const token = () => {
      asked++;
      return signToken({ key: SECRET, userId: 'ann', ttlSeconds: 3600, now: issuedAt });
    };
    const client = clients.of(service, 'ann', { token });
    const session = client.connect();
    await session.ready;
    const team = client.watch({ users: ['ann'] });
    const counts = client.watchCounts();
    await Promise.all([team.ready, counts.ready]);
    await admin.revokeTokens('ann', { issuedBefore: new Date(issuedAt + 1000) });
    for (const { reason, error } of [
      await untilStatus(session.state, 'closed'),
      await untilStatus(team.state, 'closed'),
      await untilStatus(counts.state, 'closed'),
    ]) {
      expect([reason, error.reason]).toEqual(['unauthenticated', 'TOKEN_REVOKED']);
    }
    await expect(client.get('ann')).rejects.toMatchObject(REVOKED);
    await expect(session.joinChannel('lobby')).rejects.toMatchObject(REVOKED);
    expect(asked).toBe(2);
  });
});
