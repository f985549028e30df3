import { beforeEach, describe, expect, it } from 'vitest';
import {
  ChangeReason,
  Delivery,
  PresenceEventKind,
  Sync,
} from '../src/generated/presence/v1/events_service_pb.js';
import { PresenceStatus } from '../src/generated/presence/v1/presence_pb.js';
import { note, versions } from './support/collection-changes.js';
import { CollectionWorld, event, rejectedToken, user } from './support/collection-world.js';
import { told } from './support/fake-service.js';
import { settled } from './support/manual-timers.js';

describe('A collection of presences', () => {
  let world: CollectionWorld;
  beforeEach(() => (world = new CollectionWorld()));

  it('subscribes to its users, channels and kinds with DELIVERY_LATEST', async () => {
    world.watch({ users: ['ann'], channels: ['lobby'], kinds: ['mute-changed'] });
    await settled();
    const { userIds, channelIds, kinds, delivery, resumeToken } =
      world.service.subscription.request;
    expect({ userIds, channelIds, kinds: [...kinds].sort(), delivery, resumeToken }).toEqual({
      userIds: ['ann'],
      channelIds: ['lobby'],
      kinds: [1, 2, 4, 5],
      delivery: Delivery.LATEST,
      resumeToken: '',
    });
  });

  it('of groups has the users that the service shows in them while they are not offline', async () => {
    const team = world.watch({ groups: ['acme'], users: ['ann'] });
    await settled();
    const { userIds, channelIds, groupIds } = world.service.subscription.request;
    expect([userIds, channelIds, groupIds]).toEqual([['ann'], [], ['acme']]);
    const offline = { status: PresenceStatus.OFFLINE };
    world.service.subscription.send(told({ snapshot: [{ ...user('ann', 1), ...offline }] }));
    world.service.subscription.send(told({ snapshot: [user('bob', 2)], sync: Sync.CURRENT }));
    await team.ready;
    expect(versions(team)).toBe('ann 1, bob 2');
    const changes = note(team);
    world.service.subscription.send(
      told({
        // Bob changes his channel, then leaves the group. Cat enters it.
        events: [
          event(user('bob', 3, 'attic')),
          event({ ...user('bob', 4, ''), ...offline }),
          event(user('cat', 5, '')),
        ],
      }),
    );
    await settled();
    expect(versions(team)).toBe('ann 1, cat 5');
    expect(changes).toEqual([
      'bob 2 -> 3 requested',
      'bob 3 -> - requested',
      'cat - -> 5 requested',
    ]);
    team.close();
  });

  it('replaces its content when new rights of the token show it less', async () => {
    const team = await world.live({ users: ['ann', 'bob'] });
    const changes = note(team);
    world.service.subscription.fail(rejectedToken());
    await world.timers.pass(250);
    expect(world.service.subscription.request.resumeToken).toBe('t1');
    const unseen = { userId: 'bob', status: PresenceStatus.OFFLINE };
    world.service.subscription.send(told({ sync: Sync.RESET }));
    world.service.subscription.send(told({ snapshot: [user('ann', 1), unseen] }));
    await settled();
    expect(team.state.value.status).toBe('stale');
    expect(versions(team)).toBe('ann 1, bob 2');
    world.service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't2' }));
    await settled();
    expect(team.state.value.status).toBe('live');
    expect(changes).toEqual(['bob 2 -> 0 snapshot']);
    expect(team.get('bob')?.status).toBe('offline');
    team.close();
  });

  it('shows nothing before the snapshot is complete, and then everything at once', async () => {
    const lobby = world.watch();
    const changes = note(lobby);
    await settled();
    world.service.subscription.send(told({ snapshot: [user('ann', 1)] }));
    world.service.subscription.send(told({ snapshot: [user('bob', 2)] }));
    await settled();
    expect(lobby.size).toBe(0);
    expect(lobby.state.value).toEqual({ status: 'loading' });
    world.service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't1' }));
    await lobby.ready;
    expect(versions(lobby)).toBe('ann 1, bob 2');
    expect(changes).toEqual(['ann - -> 1 snapshot', 'bob - -> 2 snapshot']);
  });

  it('reads like a map', async () => {
    const lobby = await world.live();
    expect([...lobby.keys()]).toEqual(['ann', 'bob']);
    expect([...lobby.values()].map(({ version }) => version)).toEqual([1n, 2n]);
    expect([...lobby.entries()]).toEqual([...lobby]);
    expect(lobby.has('ann')).toBe(true);
    expect(lobby.get('cat')).toBeUndefined();
  });

  it('returns the same immutable snapshot until something changes', async () => {
    const lobby = await world.live();
    const before = lobby.snapshot();
    expect(lobby.snapshot()).toBe(before);
    world.service.subscription.send(told({ events: [event(user('ann', 3))] }));
    await settled();
    expect(before.get('ann')?.version).toBe(1n);
    expect(lobby.snapshot().get('ann')?.version).toBe(3n);
  });

  it('reports several events of one commit as one change, and ignores older events', async () => {
    const lobby = await world.live();
    const changes = note(lobby);
    const events = [user('ann', 5), user('ann', 5), user('ann', 4), user('bob', 2)].map(event);
    world.service.subscription.send(told({ events }));
    await settled();
    expect(changes).toEqual(['ann 1 -> 5 requested']);
  });

  it('keeps a user who is in any of the watched channels, and shows where else the user is', async () => {
    const collection = await world.live({ channels: ['lobby', 'garden'] });
    const changes = note(collection);
    const inChannels = (version: number, ...channelIds: string[]) =>
      event({ ...user('ann', version, channelIds.at(-1) ?? ''), channelIds: channelIds.sort() });
    world.service.subscription.send(told({ events: [inChannels(3, 'lobby', 'garden', 'bar')] }));
    await settled();
    expect(collection.get('ann')).toMatchObject({
      channelId: 'bar',
      channelIds: ['bar', 'garden', 'lobby'],
    });
    const events = [inChannels(4, 'garden', 'bar'), inChannels(5, 'bar')];
    world.service.subscription.send(told({ events }));
    await settled();
    expect(changes).toEqual([
      'ann 1 -> 3 requested',
      'ann 3 -> 4 requested',
      'ann 4 -> - requested',
    ]);
  });

  it('names moderators and expired attributes as the reason', async () => {
    const lobby = await world.live({ channels: ['lobby'], kinds: ['attributes-changed'] });
    expect(world.service.subscription.request.kinds).toContain(
      PresenceEventKind.USER_ATTRIBUTES_CHANGED,
    );
    const changes = note(lobby);
    const events = [
      { ...event(user('ann', 3)), reason: ChangeReason.MODERATED },
      { ...event(user('ann', 4)), reason: ChangeReason.ATTRIBUTE_EXPIRED },
    ];
    world.service.subscription.send(told({ events }));
    await settled();
    expect(changes).toEqual(['ann 1 -> 3 moderated', 'ann 3 -> 4 attribute-expired']);
  });

  it('shows a user again who left and returned', async () => {
    const lobby = await world.live();
    const changes = note(lobby);
    const events = [user('ann', 3, ''), user('ann', 4)].map(event);
    world.service.subscription.send(told({ events }));
    await settled();
    expect(changes).toEqual(['ann 1 -> - requested', 'ann - -> 4 requested']);
  });

  it('survives a listener that throws, and reports the error', async () => {
    const lobby = await world.live();
    const uncaught = new Promise((resolve) => {
      const others = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.once('uncaughtException', (error) => {
        for (const other of others) process.on('uncaughtException', other);
        resolve(error);
      });
    });
    const mistake = new Error('a mistake of the listener');
    lobby.subscribe(() => {
      throw mistake;
    });
    const changes = note(lobby);
    world.service.subscription.send(told({ events: [event(user('ann', 3))] }));
    expect(await uncaught).toBe(mistake);
    expect(changes).toEqual(['ann 1 -> 3 requested']);
  });
});
