import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { timestampMessage } from '../../src/api/proto-mappers.js';
import { PresenceStore } from '../../src/store/presence-store.js';
import type { Client, OpenSession } from '../support/client.js';
import { refusalOf } from '../support/error-info.js';
import { Service } from '../support/service.js';

const MORE = { join: ['open/*', 'secret/*'] };
const LESS = { join: ['open/*'] };
const MINUTE_MS = 60_000;

describe('The channels of a session', () => {
  let service: Service;
  let admin: Client;
  beforeEach(async () => {
    service = await Service.start({ CHANNEL_ACCESS: 'granted' });
    admin = await service.client('admin', { isAdmin: true });
  });
  afterEach(() => service.stop());

  /** Two sessions, of which the second succeeds the first. The first token was issued a minute earlier. */
  async function handOver(
    first: { readonly join: string[] },
    second: { readonly join: string[] },
  ): Promise<readonly [{ client: Client } & OpenSession, { client: Client } & OpenSession]> {
    const now = service.clock.wall();
    const older = await service.client('amy', { grants: first, now: now - MINUTE_MS });
    const newer = await service.client('amy', { grants: second, now });
    const a = await older.connect();
    const b = await newer.connect({ platform: 'web', previousSessionId: a.sessionId });
    return [
      { client: older, ...a },
      { client: newer, ...b },
    ];
  }

  async function channelsOf(sessionId: string): Promise<readonly string[]> {
    await Promise.all(service.all(PresenceStore).map((store) => store.view.awaitCurrent()));
    const { sessions } = await admin.listSessions({ userId: 'amy' });
    return sessions.find((session) => session.sessionId === sessionId)!.channelIds;
  }

  async function join(client: Client, sessionId: string, channelId: string): Promise<void> {
    await client.joinChannel({ sessionId, channelId, keepOthers: true });
  }

  async function revokeOlder(): Promise<void> {
    const issuedBefore = timestampMessage(service.clock.wall() - MINUTE_MS / 2);
    const { endedSessions } = await admin.revokeTokens({ userId: 'amy', issuedBefore });
    expect(endedSessions).toBe(1);
  }

  it('do not go to a session whose token grants less, when a revocation ends the one before', async () => {
    const [a, b] = await handOver(MORE, LESS);
    await join(b.client, b.sessionId, 'open/hall');
    await join(a.client, a.sessionId, 'secret/x');
    await revokeOlder();
    expect(await channelsOf(b.sessionId)).toEqual(['open/hall']);
    const { presences } = await admin.listChannelMembers({ channelId: 'secret/x' });
    expect(presences).toEqual([]);
  });

  it('go to a session whose token grants the same, when a revocation ends the one before', async () => {
    const [a, b] = await handOver(MORE, MORE);
    await join(a.client, a.sessionId, 'secret/x');
    await revokeOlder();
    expect(await channelsOf(b.sessionId)).toEqual(['secret/x']);
  });

  it('do not go back to a session whose token grants less', async () => {
    const [a, b] = await handOver(LESS, MORE);
    await join(b.client, b.sessionId, 'secret/x');
    await admin.endSession({ sessionId: b.sessionId });
    expect(await channelsOf(a.sessionId)).toEqual([]);
  });

  it('can be those that another token of the same user grants, because the token of the call decides', async () => {
    const [a, b] = await handOver(MORE, LESS);
    const refused = b.client.joinChannel({ sessionId: a.sessionId, channelId: 'secret/x' });
    expect((await refusalOf(refused)).reason).toBe('CHANNEL_NOT_GRANTED');
    await join(a.client, b.sessionId, 'secret/x');
    expect(await channelsOf(b.sessionId)).toEqual(['secret/x']);
  });

  it('can be those to which a moderator moved the user, because the token of the moderator decides', async () => {
    const { client, sessionId } = (await handOver(MORE, LESS))[1];
    await join(client, sessionId, 'open/hall');
    const mona = await service.client('mona', { grants: { moderate: ['*'] } });
    const move = { userId: 'amy', fromChannelId: 'open/hall', toChannelId: 'secret/x' };
    await mona.moveUser(move);
    expect(await channelsOf(sessionId)).toEqual(['secret/x']);
  });
});
