import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PresenceStatus, type Presence } from '../../src/api/generated/presence/v1/presence.pb.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Client } from '../support/client.js';
import { refusalOf } from '../support/error-info.js';
import { brief, enter, pagesOf, presenceOf, type Member } from '../support/reads.js';
import { Service } from '../support/service.js';

const {
  PRESENCE_STATUS_ONLINE: ONLINE,
  PRESENCE_STATUS_OFFLINE: OFFLINE,
  PRESENCE_STATUS_AWAY: AWAY,
} = PresenceStatus;

/** The presence of a user whom the service does not know. */
async function neverSeen(client: Client, userId: string): Promise<Presence> {
  return { ...(await presenceOf(client, 'nobody')), userId };
}

describe('With several customers in one deployment', () => {
  let service: Service;
  const people = new Map<string, Member>();
  let admin: Client;

  beforeAll(async () => {
    service = await Service.start({ VISIBILITY: 'groups', CHANNEL_ACCESS: 'granted' });
    admin = await service.client('admin', { isAdmin: true });
    // Ids of the customers alternate in the order of all ids.
    for (const [i, userId] of ['a1', 'b1', 'c1', 'a2', 'b2', 'a3'].entries()) {
      const customer = { a: 'acme', b: 'bolt', c: 'corp' }[userId[0]!]!;
      const groups = i === 5 ? [customer, `${customer}/sales`] : [customer];
      const grants = { groups, join: [`${customer}/*`] };
      people.set(userId, await enter(service, userId, grants, `${customer}/hall`));
    }
    const choice = StatusChoice.STATUS_CHOICE_AWAY;
    for (const userId of ['a2', 'b2']) {
      const { client, sessionId } = people.get(userId)!;
      await client.updateStatus({ sessionId, choice });
    }
  });
  afterAll(() => service.stop());

  const clientOf = (userId: string): Client => people.get(userId)!.client;

  it('a list has the users of the own customer, with its total size, pages and order', async () => {
    expect(await pagesOf(clientOf('a1'))).toEqual({ ids: ['a1', 'a2', 'a3'], total: 3 });
    expect(await pagesOf(clientOf('b1'))).toEqual({ ids: ['b1', 'b2'], total: 2 });
    expect(await pagesOf(clientOf('c1'))).toEqual({ ids: ['c1'], total: 1 });
    expect((await pagesOf(admin)).ids).toHaveLength(6);
  });

  it('a list by status has no user of another customer, not even in its total size', async () => {
    const [away, online] = [{ statuses: [AWAY] }, { statuses: [ONLINE] }];
    expect(await pagesOf(clientOf('a1'), away)).toEqual({ ids: ['a2'], total: 1 });
    expect(await pagesOf(clientOf('c1'), away)).toEqual({ ids: [], total: 0 });
    expect(await pagesOf(clientOf('a1'), online)).toEqual({ ids: ['a1', 'a3'], total: 2 });
  });

  it('a list by group has the users of the group with the wanted status', async () => {
    const all = await pagesOf(clientOf('a1'), { groupId: 'acme' });
    expect(all).toEqual({ ids: ['a1', 'a2', 'a3'], total: 3 });
    const away = await pagesOf(clientOf('a1'), { groupId: 'acme', statuses: [AWAY] });
    expect(away).toEqual({ ids: ['a2'], total: 1 });
    const sales = await pagesOf(clientOf('a3'), { groupId: 'acme/sales' });
    expect(sales).toEqual({ ids: ['a3'], total: 1 });
    expect((await pagesOf(admin, { groupId: 'bolt' })).ids).toEqual(['b1', 'b2']);
  });

  it('a user of another customer is a user who was never seen', async () => {
    expect(await presenceOf(clientOf('a1'), 'a2')).toMatchObject({ status: AWAY });
    const stranger = await presenceOf(clientOf('a1'), 'b1');
    expect(stranger).toEqual(await neverSeen(clientOf('a1'), 'b1'));
    expect(stranger).toMatchObject({ status: OFFLINE, version: 0, channelIds: [] });
    const { presences } = await clientOf('a1').batchGetPresences({
      userIds: ['b1', 'a2', 'a1', 'nobody', 'b1'],
    });
    expect(presences.map((each) => each.status)).toEqual([OFFLINE, AWAY, ONLINE, OFFLINE, OFFLINE]);
    expect(presences[0]).toEqual(stranger);
  });

  it('counts have the users whom the caller may see', async () => {
    expect(brief(await clientOf('a1').countPresences())).toEqual(['all: ONLINE 2, AWAY 1']);
    expect(brief(await clientOf('c1').countPresences())).toEqual(['all: ONLINE 1']);
    expect(brief(await admin.countPresences())).toEqual(['all: ONLINE 4, AWAY 2']);
    const scopes = { channelIds: ['acme/hall', 'acme/empty'], groupIds: ['acme/sales', 'acme'] };
    expect(brief(await clientOf('a3').countPresences(scopes))).toEqual([
      'acme/hall: ONLINE 2, AWAY 1',
      'acme/empty: -',
      'acme/sales: ONLINE 1',
      'acme: ONLINE 2, AWAY 1',
    ]);
  });

  it('a channel of another customer is refused, whether it exists or not', async () => {
    const { client, sessionId } = people.get('a1')!;
    const watch = {
      reason: 'CHANNEL_NOT_GRANTED',
      message: 'channel_id names a channel that the token may not watch',
    };
    for (const channelId of ['bolt/hall', 'bolt/none']) {
      expect(await refusalOf(client.listChannelMembers({ channelId }))).toEqual(watch);
      const channelIds = ['acme/hall', channelId];
      expect(await refusalOf(client.countPresences({ channelIds }))).toEqual({
        ...watch,
        message: 'channel_ids names a channel that the token may not watch',
      });
      expect(await refusalOf(client.joinChannel({ sessionId, channelId }))).toEqual({
        ...watch,
        message: 'channel_id names a channel that the token may not join',
      });
      // To leave needs no grant: rights may have been reduced since the user joined.
      await client.leaveChannel({ sessionId, channelId });
    }
    expect((await admin.listChannelMembers({ channelId: 'bolt/hall' })).totalSize).toBe(2);
  });

  it('a group of another customer is refused, whether it exists or not', async () => {
    for (const groupId of ['bolt', 'acme/sales', 'none']) {
      expect(await refusalOf(clientOf('a1').listOnlineUsers({ groupId }))).toEqual({
        reason: 'GROUP_NOT_GRANTED',
        message: 'group_id names a group that the token does not have',
      });
      expect(
        await refusalOf(clientOf('a1').countPresences({ groupIds: ['acme', groupId] })),
      ).toEqual({
        reason: 'GROUP_NOT_GRANTED',
        message: 'group_ids names a group that the token does not have',
      });
    }
  });

  it('a page token is valid for callers with the same rights only', async () => {
    const { nextPageToken: pageToken } = await clientOf('a1').listOnlineUsers({ pageSize: 1 });
    const { presences } = await clientOf('a2').listOnlineUsers({ pageToken });
    expect(presences.map(({ userId }) => userId)).toEqual(['a2', 'a3']);
    for (const client of [clientOf('a3'), clientOf('b1'), admin])
      expect(await refusalOf(client.listOnlineUsers({ pageToken }))).toMatchObject({
        reason: 'INVALID_FIELD',
      });
  });

  it('a session of another customer is an unknown session', async () => {
    const { client } = people.get('a1')!;
    const join = (sessionId: string): Promise<unknown> =>
      client.joinChannel({ sessionId, channelId: 'acme/hall' });
    const unknown = await refusalOf(join('unknown'));
    expect(unknown).toMatchObject({ reason: 'SESSION_NOT_FOUND' });
    expect(await refusalOf(join(people.get('b1')!.sessionId))).toEqual(unknown);
    expect(await client.endSession({ sessionId: people.get('b1')!.sessionId })).toEqual({
      wasLive: false,
    });
    expect(await refusalOf(join(people.get('a2')!.sessionId))).toMatchObject({
      reason: 'SESSION_OF_ANOTHER_USER',
    });
  });

  it('a moderator gets the same error about a user of another customer as about one who is OFFLINE', async () => {
    const grants = { groups: ['acme'], moderate: ['acme/*', 'shared'] };
    const moderator = await service.client('mod', { grants });
    const refusals = (userId: string): Promise<unknown> =>
      Promise.all([
        refusalOf(moderator.muteUser({ userId, isMicrophoneMuted: true })),
        refusalOf(moderator.removeUser({ userId, channelId: 'bolt/hall' })),
        refusalOf(
          moderator.moveUser({ userId, fromChannelId: 'acme/hall', toChannelId: 'shared' }),
        ),
      ]);
    expect(await refusals('b1')).toEqual(await refusals('nobody'));
    // The grants of the moderator decide, not those of the user.
    const { client } = people.get('a3')!;
    const move = { fromChannelId: 'acme/hall', toChannelId: 'shared' };
    await moderator.moveUser({ userId: 'a3', ...move });
    expect(await presenceOf(moderator, 'a3')).toMatchObject({ channelIds: ['shared'] });
    // The user sees the own channel, but colleagues without the grant do not.
    expect(await presenceOf(client, 'a3')).toMatchObject({ channelIds: ['shared'] });
    const seen = await presenceOf(clientOf('a1'), 'a3');
    expect(seen).toMatchObject({ status: ONLINE, channelIds: [] });
    expect(seen.currentChannelId).toBeUndefined();
    await moderator.moveUser({ userId: 'a3', fromChannelId: 'shared', toChannelId: 'acme/hall' });
  });

  it('a guest sees those who are in a channel that it may watch, and only that channel', async () => {
    const guest = await service.client('guest', { grants: { watch: ['acme/lounge'] } });
    expect(await pagesOf(guest)).toEqual({ ids: [], total: 0 });
    const { client, sessionId } = people.get('a1')!;
    await client.joinChannel({ sessionId, channelId: 'acme/lounge', keepOthers: true });
    expect(await pagesOf(guest)).toEqual({ ids: ['a1'], total: 1 });
    expect(await presenceOf(guest, 'a1')).toMatchObject({ channelIds: ['acme/lounge'] });
    expect(brief(await guest.countPresences())).toEqual(['all: ONLINE 1']);
    await client.leaveChannel({ sessionId, channelId: 'acme/lounge' });
    expect(await presenceOf(guest, 'a1')).toEqual(await neverSeen(guest, 'a1'));
    expect(await pagesOf(guest)).toEqual({ ids: [], total: 0 });
  });

  it('a token that may only watch begins no session', async () => {
    const grants = { groups: ['acme'], watch_only: true };
    const wall = await service.client('wall display', { grants });
    expect(await wall.openSession().ended).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: 'this token may not begin sessions',
    });
    expect((await pagesOf(wall)).ids).toEqual(['a1', 'a2', 'a3']);
  });
});

describe('In a community whose members see everyone, but not every channel', () => {
  let service: Service;
  let member: Client;
  beforeAll(async () => {
    service = await Service.start({ CHANNEL_ACCESS: 'granted' });
    await enter(service, 'ann', { join: ['guild/*', 'staff'] }, 'guild/hall', 'staff');
    await enter(service, 'bob', { join: ['guild/*'] }, 'guild/hall');
    member = await service.client('member', { grants: { watch: ['guild/*'] } });
  });
  afterAll(() => service.stop());

  it('lists and counts contain every user', async () => {
    expect(await pagesOf(member)).toEqual({ ids: ['ann', 'bob'], total: 2 });
    expect(brief(await member.countPresences())).toEqual(['all: ONLINE 2']);
    expect(brief(await member.countPresences({ channelIds: ['guild/hall'] }))).toEqual([
      'guild/hall: ONLINE 2',
    ]);
  });

  it('no response names a channel that the caller may not watch', async () => {
    const responses = [
      await member.getPresence({ userId: 'ann' }),
      await member.batchGetPresences({ userIds: ['ann', 'bob'] }),
      await member.listOnlineUsers(),
      await member.listChannelMembers({ channelId: 'guild/hall' }),
    ];
    const [ann, ...others] = responses.flatMap((each) =>
      'presence' in each ? [each.presence!] : each.presences,
    );
    expect(ann).toMatchObject({ currentChannelId: 'guild/hall', channelIds: ['guild/hall'] });
    expect(others).toContainEqual(ann);
    expect(JSON.stringify(responses)).not.toContain('staff');
    for (const channelId of ['staff', 'none'])
      expect(await refusalOf(member.listChannelMembers({ channelId }))).toMatchObject({
        reason: 'CHANNEL_NOT_GRANTED',
      });
  });

  it('the answer to a moderator names no channel that the moderator may not watch', async () => {
    const moderator = await service.client('mod', { grants: { moderate: ['guild/*'] } });
    const { presence } = await moderator.muteUser({ userId: 'ann', isMicrophoneMuted: true });
    expect(presence).toMatchObject({
      channelIds: ['guild/hall'],
      isMicrophoneMutedByModerator: true,
    });
    const lifted = await moderator.muteUser({ userId: 'ann', isMicrophoneMuted: false });
    expect(JSON.stringify([presence, lifted])).not.toContain('staff');
  });

  it('a token without channels may use none', async () => {
    const { client, sessionId } = await enter(service, 'newcomer', {});
    expect(
      await refusalOf(client.joinChannel({ sessionId, channelId: 'guild/hall' })),
    ).toMatchObject({ reason: 'CHANNEL_NOT_GRANTED' });
    expect(await presenceOf(client, 'bob')).toMatchObject({ status: ONLINE, channelIds: [] });
    await client.endSession({ sessionId });
  });
});
