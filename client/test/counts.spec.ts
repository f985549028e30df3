import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { createPresenceClient, type PresenceCount } from '@presence-service/client';
import { beforeEach, describe, expect, it } from 'vitest';
import { WatchCountsResponseSchema } from '../src/generated/presence/v1/events_service_pb.js';
import { PresenceStatus } from '../src/generated/presence/v1/presence_pb.js';
import { FakeService } from './support/fake-service.js';
import { ManualTimers, settled } from './support/manual-timers.js';
import { tokenNumber } from './support/tokens.js';

const unavailable = (): ConnectError => new ConnectError('out of reach', Code.Unavailable);

describe('Counts', () => {
  let timers: ManualTimers;
  let service: FakeService;
  beforeEach(() => {
    timers = new ManualTimers();
    service = new FakeService(() => timers.now());
  });

  function client() {
    const { transport } = service;
    let tokens = 0;
    const token = () => tokenNumber(++tokens);
    return createPresenceClient({ transport, token, timers, random: () => 1 });
  }

  function online(channelId: string | undefined, count: number) {
    return {
      ...(channelId !== undefined && {
        scope: { case: 'channelId' as const, value: channelId },
      }),
      total: count,
      byStatus: [{ status: PresenceStatus.ONLINE, count }],
    };
  }

  function send(...counts: (ReturnType<typeof online> | ReturnType<typeof inGroup>)[]): void {
    service.countStreams.at(-1)!.send(create(WatchCountsResponseSchema, { counts }));
  }

  const inWords = (counts: readonly PresenceCount[]): string =>
    counts
      .map(({ channelId, groupId, total }) => `${nameOf(channelId, groupId)} ${total}`)
      .join(', ');

  function nameOf(channelId: string | undefined, groupId: string | undefined): string {
    return groupId === undefined ? (channelId ?? 'all') : `group ${groupId}`;
  }

  function inGroup(groupId: string, count: number) {
    return { ...online(undefined, count), scope: { case: 'groupId' as const, value: groupId } };
  }

  it('have a total and a number for each status', async () => {
    service.counts = [
      {
        total: 6,
        byStatus: [
          { status: PresenceStatus.AWAY, count: 1 },
          { status: PresenceStatus.ONLINE, count: 3 },
          // A status of a later version counts as online.
          { status: 99 as PresenceStatus, count: 2 },
        ],
      },
    ];
    expect(await client().count()).toEqual([
      {
        channelId: undefined,
        groupId: undefined,
        total: 6,
        byStatus: { online: 5, idle: 0, 'do-not-disturb': 0, away: 1 },
      },
    ]);
  });

  it('are asked for the channels that are named', async () => {
    await client().count(['lobby', 'garden']);
    expect(service.heard).toEqual(['countPresences lobby garden']);
  });

  it('are in the given order and follow each change when they are watched', async () => {
    const counts = client().watchCounts(['lobby', 'garden']);
    const seen: string[] = [];
    counts.subscribe((value) => seen.push(inWords(value)));
    await settled();
    expect(service.countStreams[0]!.request.channelIds).toEqual(['lobby', 'garden']);
    expect(counts.state.value.status).toBe('loading');
    send(online('garden', 1), online('lobby', 2));
    await counts.ready;
    send(online('garden', 5));
    send();
    await settled();
    expect(seen).toEqual(['', 'lobby 2, garden 1', 'lobby 2, garden 5']);
    expect(counts.state.value.status).toBe('live');
    counts.close();
  });

  it('of groups come after those of channels, also where a group and a channel have the same id', async () => {
    const asker = client();
    service.counts = [online('acme', 1), inGroup('acme', 2), inGroup('blue', 3)];
    expect(inWords(await asker.count(['acme'], { groups: ['acme', 'blue'] }))).toBe(
      'acme 1, group acme 2, group blue 3',
    );
    expect(service.heard).toEqual(['countPresences acme group acme group blue']);
    const counts = asker.watchCounts(['acme'], { groups: ['acme', 'blue'] });
    await settled();
    expect(service.countStreams[0]!.request).toMatchObject({
      channelIds: ['acme'],
      groupIds: ['acme', 'blue'],
    });
    send(inGroup('blue', 3), inGroup('acme', 2), online('acme', 1));
    await counts.ready;
    send(inGroup('acme', 7));
    await settled();
    expect(inWords(counts.value)).toBe('acme 1, group acme 7, group blue 3');
    const ofGroups = asker.watchCounts([], { groups: ['blue'] });
    await settled();
    send(inGroup('blue', 4));
    await settled();
    expect(inWords(ofGroups.value)).toBe('group blue 4');
    asker.close();
  });

  it('stay while the connection is lost, and come back with it', async () => {
    const counts = client().watchCounts();
    await settled();
    send(online(undefined, 3));
    await counts.ready;
    service.countStreams[0]!.fail(unavailable());
    await settled();
    expect(counts.state.value).toMatchObject({ status: 'stale', error: { code: 'unavailable' } });
    expect(inWords(counts.value)).toBe('all 3');
    await timers.pass(250);
    expect(service.countStreams).toHaveLength(2);
    send(online(undefined, 4));
    await settled();
    expect(counts.state.value.status).toBe('live');
    expect(inWords(counts.value)).toBe('all 4');
    counts.close();
  });

  it('are lost when no message arrives for 45 seconds', async () => {
    const counts = client().watchCounts();
    await settled();
    send(online(undefined, 3));
    await timers.pass(45_000);
    expect(counts.state.value.status).toBe('stale');
    counts.close();
  });

  it('end with close, with their client, and with an error that is final', async () => {
    const mine = client();
    const [first, second] = [mine.watchCounts(), mine.watchCounts()];
    let completed = 0;
    for (const counts of [first, second]) counts.subscribe({ complete: () => completed++ });
    await settled();
    service.countStreams[0]!.fail(new ConnectError('no', Code.PermissionDenied));
    await settled();
    expect(first.state.value).toMatchObject({ status: 'closed', reason: 'permission-denied' });
    await expect(first.ready).rejects.toMatchObject({ code: 'permission-denied' });
    mine.close();
    await settled();
    expect(second.state.value).toMatchObject({ status: 'closed', reason: 'closed' });
    expect(completed).toBe(2);
    expect(service.countStreams[1]!.isOver).toBe(true);
    expect(timers.size).toBe(0);
  });
});
