import { status } from '@grpc/grpc-js';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Client, OpenSession } from '../support/client.js';
import { SECRET, Service } from '../support/service.js';
import { connectWatched, type WatchedUser } from '../support/watched-user.js';

const { STATUS_CHOICE_INVISIBLE: INVISIBLE } = StatusChoice;

const DENIED = {
  code: status.PERMISSION_DENIED,
  details: 'this needs a token that grants moderate for the channel, or the scope presence:admin',
};
const NOT_PRESENT = { code: status.NOT_FOUND, details: 'the user is OFFLINE' };
const NOT_THERE = { code: status.NOT_FOUND, details: 'the user is not in this channel' };

describe('A moderator', () => {
  let service: Service;
  let moderator: Client;
  let admin: Client;
  beforeAll(async () => {
    service = await Service.start({ MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '99' });
    moderator = await service.client('moderator', {
      grants: { moderate: ['acme/*', 'lobby'] },
    });
    admin = await service.client('admin', { isAdmin: true });
  });
  afterAll(() => service.stop());

  const connect = (userId: string, ...channelIds: readonly string[]): Promise<WatchedUser> =>
    connectWatched(service, admin, userId, ...channelIds);

  function join(client: Client, { sessionId }: OpenSession, channelId: string) {
    return client.joinChannel({ sessionId, channelId, keepOthers: true });
  }

  it('has no power over users and channels that the token does not name', async () => {
    const { client, ...session } = await connect('ida', 'other', 'lobby-2');
    await expect(moderator.muteUser({ userId: 'ida', isSpeakerMuted: true })).rejects.toMatchObject(
      DENIED,
    );
    await expect(moderator.removeUser({ userId: 'ida', channelId: 'other' })).rejects.toMatchObject(
      DENIED,
    );
    await join(client, session, 'acme/1');
    const out = { userId: 'ida', fromChannelId: 'acme/1', toChannelId: 'other' };
    await expect(moderator.moveUser(out)).rejects.toMatchObject(DENIED);
    const into = { userId: 'ida', fromChannelId: 'other', toChannelId: 'acme/1' };
    await expect(moderator.moveUser(into)).rejects.toMatchObject(DENIED);
    await expect(moderator.removeUser({ userId: 'ida', channelId: 'other' })).rejects.toMatchObject(
      DENIED,
    );
    const stranger = await service.client('stranger');
    await expect(stranger.muteUser({ userId: 'ida', isSpeakerMuted: true })).rejects.toMatchObject(
      DENIED,
    );
    await expect(client.muteUser({ userId: 'ida', isSpeakerMuted: false })).rejects.toMatchObject(
      DENIED,
    );
    expect((await admin.getPresence({ userId: 'ida' })).presence).toMatchObject({
      channelIds: ['acme/1', 'lobby-2', 'other'],
      isSpeakerMutedByModerator: false,
    });
  });

  it('finds no user who is OFFLINE, INVISIBLE or not in the channel, whatever the token grants', async () => {
    const { client, sessionId } = await connect('jan', 'acme/1');
    for (const caller of [moderator, admin]) {
      const move = { userId: 'jan', fromChannelId: 'acme/2', toChannelId: 'acme/3' };
      await expect(caller.moveUser(move)).rejects.toMatchObject(NOT_THERE);
      const remove = { userId: 'jan', channelId: 'other' };
      await expect(caller.removeUser(remove)).rejects.toMatchObject(NOT_THERE);
    }
    await client.updateStatus({ sessionId, choice: INVISIBLE });
    for (const caller of [moderator, admin, await service.client('stranger')]) {
      for (const userId of ['jan', 'never seen']) {
        const rejected = async (call: Promise<unknown>): Promise<void> =>
          expect(call).rejects.toMatchObject(NOT_PRESENT);
        await rejected(caller.muteUser({ userId, isMicrophoneMuted: true }));
        await rejected(caller.removeUser({ userId, channelId: 'acme/1' }));
        const move = { userId, fromChannelId: 'acme/1', toChannelId: 'acme/2' };
        await rejected(caller.moveUser(move));
      }
    }
    const { presence } = await client.getPresence({ userId: 'jan' });
    expect(presence).toMatchObject({
      channelIds: ['acme/1'],
      isMicrophoneMutedByModerator: false,
    });
  });

  it('may be an admin, for every user in every channel and in none', async () => {
    await connect('kit');
    const { presence } = await admin.muteUser({ userId: 'kit', isSpeakerMuted: true });
    expect(presence?.isSpeakerMutedByModerator).toBe(true);
    await connect('lou', 'other');
    const move = { userId: 'lou', fromChannelId: 'other', toChannelId: 'elsewhere' };
    expect((await admin.moveUser(move)).presence?.channelIds).toEqual(['elsewhere']);
    const remove = { userId: 'lou', channelId: 'elsewhere' };
    expect((await admin.removeUser(remove)).presence?.channelIds).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['is no object', 'acme/*', 'presence'],
    ['is null', null, 'presence'],
    ['is a list', [], 'presence'],
    ['has no list', { moderate: 'acme/*' }, 'presence.moderate'],
    ['has a number in its list', { moderate: [1] }, 'presence.moderate\\[0\\]'],
    ['has an empty pattern', { moderate: [''] }, 'presence.moderate\\[0\\]'],
    ['has too many patterns', { moderate: Array(101).fill('a') }, 'presence.moderate'],
  ])(
    'is UNAUTHENTICATED if the claim %s, and the message names it',
    async (_what, claim, field) => {
      const token = await new SignJWT({ sub: 'mia', presence: claim })
        .setProtectedHeader({ alg: 'HS256' })
        .sign(Buffer.from(SECRET));
      const client = service.clientWithToken(token);
      await expect(client.listSessions()).rejects.toMatchObject({
        code: status.UNAUTHENTICATED,
        details: expect.stringMatching(`^token is not valid: ${field} is not `) as string,
      });
    },
  );
});
