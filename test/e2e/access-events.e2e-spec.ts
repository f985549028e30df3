import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GrantsClaim } from '../../src/auth/grants.js';
import type { PresenceEvent } from '../../src/api/generated/presence/v1/events_service.pb.js';
import type { PresenceCount } from '../../src/api/generated/presence/v1/presence.pb.js';
import type { Client } from '../support/client.js';
import { inWords } from '../support/in-words.js';
import { Service } from '../support/service.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';

/** A user with a session. */
interface Member {
  readonly client: Client;
  readonly sessionId: string;
}

async function enter(
  service: Service,
  userId: string,
  grants: GrantsClaim,
  ...channelIds: readonly string[]
): Promise<Member> {
  const client = await service.client(userId, { grants });
  const { sessionId } = await client.connect();
  for (const channelId of channelIds)
    await client.joinChannel({ sessionId, channelId, keepOthers: true });
  return { client, sessionId };
}

/** A change with the user and the channels that the event names, as in "ann userOnline CONNECTED [lobby]". */
function brief(event: PresenceEvent): string {
  const { userId, channelIds } = event.presence!;
  return `${userId} ${inWords(event)} [${channelIds.join()}]`;
}

async function nextOf(reader: SubscriptionReader, count = 1): Promise<readonly string[]> {
  return (await reader.nextEvents(count)).map(brief);
}

async function follow(
  client: Client,
  request: Parameters<Client['subscribe']>[0] = {},
): Promise<SubscriptionReader> {
  const reader = client.subscribe(request);
  await reader.beginning();
  return reader;
}

/** Changes something that everyone who sees the user learns. A test knows by it that nothing else was sent before. */
async function blink({ client, sessionId }: Member, isMicrophoneMuted: boolean): Promise<void> {
  await client.updateMuteState({ sessionId, isMicrophoneMuted });
}

describe('With several customers in one deployment', () => {
  let service: Service;
  beforeAll(async () => {
    service = await Service.start({
      VISIBILITY: 'groups',
      CHANNEL_ACCESS: 'granted',
      MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '99',
    });
  });
  afterAll(() => service.stop());

  const acme = { groups: ['acme'], join: ['acme/*'] };
  const bolt = { groups: ['bolt'], join: ['bolt/*', 'shared'] };

  it('a stream has the events of the own customer, and nothing of others', async () => {
    const watcher = await service.client('a-watcher', { grants: acme });
    const reader = await follow(watcher);
    const ben = await enter(service, 'ben', bolt, 'bolt/hall');
    const ann = await enter(service, 'ann', acme, 'acme/hall');
    await blink(ben, true);
    await blink(ann, true);
    expect(await nextOf(reader, 3)).toEqual([
      'ann userOnline CONNECTED []',
      'ann userChannelChanged REQUESTED [acme/hall]',
      'ann userMuteStateChanged REQUESTED [acme/hall]',
    ]);
  });

  it('a user comes online for a guest in a channel that the guest may watch, and goes OFFLINE on leaving it', async () => {
    const guest = await service.client('guest', { grants: { watch: ['shared'] } });
    const reader = await follow(guest);
    const { client, sessionId } = await enter(service, 'bea', bolt, 'bolt/hall', 'shared');
    await client.joinChannel({ sessionId, channelId: 'bolt/desk', keepOthers: true });
    await client.leaveChannel({ sessionId, channelId: 'shared' });
    expect(await nextOf(reader, 4)).toEqual([
      'bea userOnline CONNECTED [shared]',
      'bea userChannelChanged CONNECTED [shared]',
      'bea userChannelChanged DISCONNECTED []',
      'bea userOffline DISCONNECTED []',
    ]);
  });

  it('a filter on a group shows who enters and leaves it', async () => {
    const admin = await service.client('admin', { isAdmin: true });
    const reader = await follow(admin, { groupIds: ['sales'] });
    const other = await enter(service, 'sam', bolt);
    const client = await service.client('sam', { grants: { groups: ['bolt', 'sales'] } });
    const session = await client.connect();
    await blink(other, true);
    await client.endSession({ sessionId: session.sessionId });
    await blink(other, false);
    await client.connect();
    const told = (await reader.nextEvents(4)).map((event) => event.change!.$case);
    expect(told).toEqual([
      'userOnline',
      'userMuteStateChanged',
      'userMuteStateChanged',
      'userOffline',
    ]);
  });

  it('a resumed stream has the missed events of the own customer, and a reset for other rights', async () => {
    const watcher = await service.client('a-resumer', { grants: acme });
    const ava = await enter(service, 'ava', acme);
    const reader = watcher.subscribe({ userIds: ['ava', 'bob'] });
    const { resumeToken } = await reader.beginning();
    reader.cancel();
    await enter(service, 'bob', bolt);
    await blink(ava, true);
    const request = { userIds: ['ava', 'bob'], resumeToken };
    const { events, isReset } = await watcher.subscribe(request).beginning();
    expect(isReset).toBe(false);
    expect(events.map(brief)).toEqual(['ava userMuteStateChanged REQUESTED []']);
    const stranger = await service.client('b-resumer', { grants: bolt });
    const other = await stranger.subscribe(request).beginning();
    expect(other).toMatchObject({ isReset: true, events: [] });
    expect(other.snapshot.map(({ userId, version }) => [userId, version > 0])).toEqual([
      ['ava', false],
      ['bob', true],
    ]);
  });

  it('channels and groups that the token does not grant are refused before anything is sent', async () => {
    const watcher = await service.client('a-curious', { grants: acme });
    for (const request of [
      { channelIds: ['bolt/hall'] },
      { channelIds: ['bolt/none'] },
      { groupIds: ['bolt'] },
    ]) {
      const streams = [watcher.subscribe(request), watcher.watchCounts(request)];
      for (const stream of streams) {
        await expect(stream.next()).rejects.toThrow('PERMISSION_DENIED');
      }
    }
  });

  it('counts have the users whom the viewer sees', async () => {
    const grants = { groups: ['corp'], join: ['corp/*'] };
    const watcher = await service.client('c-watcher', { grants });
    const all = watcher.watchCounts();
    const named = watcher.watchCounts({ channelIds: ['corp/hall'], groupIds: ['corp'] });
    const totals = (counts: readonly PresenceCount[]): readonly unknown[] =>
      counts.map(({ scope, total }) => [scope?.value, total]);
    expect(totals((await all.next()).counts)).toEqual([[undefined, 0]]);
    expect(totals((await named.next()).counts)).toEqual([
      ['corp/hall', 0],
      ['corp', 0],
    ]);
    await enter(service, 'ben-2', bolt, 'bolt/hall');
    await enter(service, 'cem', grants, 'corp/hall');
    await service.passTime(1000);
    expect(totals((await all.next()).counts)).toEqual([[undefined, 1]]);
    expect(totals((await named.next()).counts).toSorted()).toEqual([
      ['corp', 1],
      ['corp/hall', 1],
    ]);
  });
});

describe('A user who hides', () => {
  let service: Service;
  beforeAll(async () => {
    service = await Service.start();
  });
  afterAll(() => service.stop());

  it('goes OFFLINE on the open streams of the viewers on the list, and comes online when it ends', async () => {
    const [eve, zed] = await Promise.all(
      ['eve', 'zed'].map(async (userId) => follow(await service.client(userId))),
    );
    const ann = await enter(service, 'ann', {}, 'lobby');
    expect(await nextOf(eve!, 2)).toEqual(await nextOf(zed!, 2));
    await ann.client.updateHiddenFrom({ userIds: ['eve'] });
    await blink(ann, true);
    expect(await nextOf(eve!, 2)).toEqual([
      'ann userChannelChanged DISCONNECTED []',
      'ann userOffline DISCONNECTED []',
    ]);
    expect(await nextOf(zed!)).toEqual(['ann userMuteStateChanged REQUESTED [lobby]']);
    await ann.client.updateHiddenFrom({ userIds: [] });
    await blink(ann, false);
    const back = await nextOf(eve!, 4);
    expect(back[0]).toBe('ann userOnline CONNECTED [lobby]');
    expect(back.at(-1)).toBe('ann userMuteStateChanged REQUESTED [lobby]');
    expect(await nextOf(zed!)).toEqual(['ann userMuteStateChanged REQUESTED [lobby]']);
  });

  it('is hidden in a resumed stream and in counts as well', async () => {
    const client = await service.client('eva');
    const { resumeToken } = await client.subscribe({ userIds: ['amy'] }).beginning();
    const counts = client.watchCounts({ channelIds: ['attic'] });
    expect((await counts.next()).counts[0]!.total).toBe(0);
    const amy = await enter(service, 'amy', {}, 'attic');
    await service.passTime(1000);
    expect((await counts.next()).counts[0]!.total).toBe(1);
    await amy.client.updateHiddenFrom({ userIds: ['eva'] });
    await blink(amy, true);
    await service.passTime(1000);
    expect((await counts.next()).counts[0]!.total).toBe(0);
    const { events } = await client.subscribe({ userIds: ['amy'], resumeToken }).beginning();
    expect(events.map(({ change }) => change!.$case)).toEqual([
      'userOnline',
      'userChannelChanged',
      'userChannelChanged',
      'userOffline',
    ]);
  });
});
