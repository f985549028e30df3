import { Code, ConnectError } from '@connectrpc/connect';
import {
  createPresenceClient,
  type PresenceClient,
  type PresenceCollection,
} from '@presence-service/client';
import type { WatchOptions } from '@presence-service/client';
import { beforeEach, describe, expect, it } from 'vitest';
import { ChangeReason, Sync } from '../src/generated/presence/v1/events_service_pb.js';
import { PresenceStatus } from '../src/generated/presence/v1/presence_pb.js';
import { note, versions } from './support/collection-changes.js';
import { FakeService, told } from './support/fake-service.js';
import { ManualTimers, settled } from './support/manual-timers.js';
import { tokenNumber } from './support/tokens.js';

const unavailable = (): ConnectError => new ConnectError('out of reach', Code.Unavailable);

describe('A collection whose users change', () => {
  let timers: ManualTimers;
  let service: FakeService;
  let client: PresenceClient;
  let transports: number;
  beforeEach(() => {
    timers = new ManualTimers();
    service = new FakeService(() => timers.now());
    transports = 0;
    client = createPresenceClient({
      transport: () => {
        transports++;
        return service.transport;
      },
      token: () => tokenNumber(1),
      timers,
      random: () => 1,
    });
  });

  /** Opens a collection that shows ann at version 1, with the resume token "t1". */
  async function live(options: WatchOptions = { users: ['ann'] }): Promise<PresenceCollection> {
    const collection = client.watch(options);
    await settled();
    service.subscription.send(told({ snapshot: [user('ann', 1)] }));
    service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't1' }));
    await collection.ready;
    return collection;
  }

  function user(userId: string, version: number, currentChannelId?: string) {
    const channel = currentChannelId !== undefined && { currentChannelId };
    return { userId, version: BigInt(version), status: PresenceStatus.ONLINE, ...channel };
  }

  function event(presence: ReturnType<typeof user>) {
    return { presence, reason: ChangeReason.REQUESTED };
  }

  const current = (resumeToken: string) => told({ sync: Sync.CURRENT, resumeToken });

  it('continues its stream with the added users and reads only them', async () => {
    const team = await live();
    const [changes, states] = [note(team), [] as string[]];
    team.state.subscribe(({ status }) => states.push(status));
    service.presences.set('bob', user('bob', 7));
    const added = team.add('bob', 'cat');
    await timers.pass(0);
    expect(service.subscriptions.map(({ isOver }) => isOver)).toEqual([true, false]);
    const { userIds, resumeToken } = service.subscription.request;
    expect([userIds, resumeToken]).toEqual([['ann', 'bob', 'cat'], 't1']);
    await added;
    expect(service.heard).toEqual(['batchGetPresences bob cat']);
    expect(versions(team)).toBe('ann 1, bob 7, cat 0');
    service.subscription.send(current('t2'));
    await settled();
    expect(changes).toEqual(['bob - -> 7 snapshot', 'cat - -> 0 snapshot']);
    expect(states).toEqual(['live']);
    // It has not left the server.
    expect(transports).toBe(1);
    team.close();
    await settled();
    expect(timers.size).toBe(0);
  });

  it('shows the newest presence of an added user, whether the event or the response comes first', async () => {
    const team = await live();
    service.presences.set('bob', user('bob', 5));
    service.presences.set('cat', user('cat', 5));
    const added = team.add('bob', 'cat');
    await timers.pass(0);
    service.subscription.send(told({ events: [event(user('bob', 4)), event(user('cat', 6))] }));
    await added;
    await settled();
    expect(versions(team).split(', ').sort()).toEqual(['ann 1', 'bob 5', 'cat 6']);
  });

  it('opens one stream for all changes of one iteration, and at most four in a second', async () => {
    const team = await live();
    team.add('bob').catch(() => {});
    team.remove('ann');
    await timers.pass(0);
    service.subscription.send(current('t2'));
    await settled();
    expect(service.subscription.request.userIds).toEqual(['bob']);
    void team.add('cat');
    await timers.pass(249);
    expect(service.subscriptions).toHaveLength(2);
    await timers.pass(1);
    expect(service.subscriptions).toHaveLength(3);
    expect(service.subscription.request).toMatchObject({
      userIds: ['bob', 'cat'],
      resumeToken: 't2',
    });
  });

  it('does not move before its snapshot is complete and the position is known', async () => {
    const team = client.watch({ users: ['ann'] });
    await settled();
    void team.add('bob');
    await timers.pass(1000);
    service.subscription.send(told({ snapshot: [user('ann', 1)], sync: Sync.CURRENT }));
    await timers.pass(1000);
    expect(service.subscriptions).toHaveLength(1);
    service.subscription.send(told({ resumeToken: 't1' }));
    await timers.pass(0);
    expect(service.subscriptions).toHaveLength(2);
    await settled();
    expect(versions(team)).toBe('ann 1, bob 0');
  });

  it('removes a user at once, ignores later events of the user, and narrows the filter', async () => {
    const team = await live({ users: ['ann', 'bob'] });
    const changes = note(team);
    team.remove('ann', 'nobody');
    expect(team.has('ann')).toBe(false);
    expect(team.snapshot().has('ann')).toBe(false);
    service.subscription.send(told({ events: [event(user('ann', 2))], resumeToken: 't2' }));
    await timers.pass(0);
    expect(changes).toEqual(['ann 1 -> - removed']);
    expect(service.subscription.request).toMatchObject({ userIds: ['bob'], resumeToken: 't2' });
    expect(service.heard).toEqual([]);
  });

  it('keeps a removed user who is in one of its channels', async () => {
    const team = client.watch({ users: ['ann'], channels: ['lobby'] });
    await settled();
    service.subscription.send(told({ snapshot: [user('ann', 1, 'lobby')] }));
    service.subscription.send(current('t1'));
    await team.ready;
    const changes = note(team);
    team.remove('ann');
    expect(team.has('ann')).toBe(true);
    await timers.pass(0);
    service.subscription.send(told({ events: [event(user('ann', 2))] }));
    await settled();
    expect(changes).toEqual(['ann 1 -> - requested']);
  });

  it('reads a user again who was removed and added', async () => {
    const team = await live();
    service.presences.set('ann', user('ann', 1));
    team.remove('ann');
    const added = team.add('ann');
    await timers.pass(0);
    await added;
    expect(versions(team)).toBe('ann 1');
    expect(service.heard).toEqual(['batchGetPresences ann']);
  });

  it('with an empty list opens no stream until a user is added', async () => {
    const team = client.watch({ users: [] });
    await team.ready;
    expect([team.state.value.status, service.subscriptions.length]).toEqual(['live', 0]);
    const added = team.add('ann');
    await timers.pass(0);
    expect(service.subscription.request).toMatchObject({ userIds: ['ann'], resumeToken: '' });
    service.subscription.send(told({ snapshot: [user('ann', 1)] }));
    service.subscription.send(current('t1'));
    await added;
    expect(versions(team)).toBe('ann 1');
    team.remove('ann');
    await timers.pass(250);
    expect(service.subscriptions.map(({ isOver }) => isOver)).toEqual([true]);
    expect([team.state.value.status, team.size]).toEqual(['live', 0]);
    team.close();
    await settled();
    expect(timers.size).toBe(0);
  });

  it('ends its stream when the last user is removed, even before the snapshot is complete', async () => {
    const team = client.watch({ users: ['ann'] });
    await settled();
    team.remove('ann');
    await timers.pass(0);
    expect(service.subscription.isOver).toBe(true);
    expect(team.state.value.status).toBe('live');
    team.close();
  });

  it('reads added users again after a lost connection', async () => {
    const team = await live();
    service.failNext('batchGetPresences', new ConnectError('slow down', Code.ResourceExhausted));
    const added = team.add('bob');
    await timers.pass(0);
    expect(team.state.value.status).toBe('stale');
    await timers.pass(250);
    await added;
    expect(versions(team)).toBe('ann 1, bob 0');
    expect(service.subscription.request.resumeToken).toBe('t1');
    service.subscription.send(current('t2'));
    await settled();
    expect(team.state.value.status).toBe('live');
    team.close();
  });

  it('has added users in a new snapshot if the service lost the position', async () => {
    const team = await live();
    service.failNext('batchGetPresences', unavailable(), unavailable(), unavailable());
    const added = team.add('bob');
    await timers.pass(0);
    service.subscription.send(told({ sync: Sync.RESET }));
    service.subscription.send(told({ snapshot: [user('ann', 1), user('bob', 3)] }));
    service.subscription.send(current('t9'));
    await added;
    expect(versions(team)).toBe('ann 1, bob 3');
    team.close();
  });

  it('becomes stale if the next stream takes more than two seconds', async () => {
    const team = await live();
    void team.add('bob');
    await timers.pass(1999);
    expect(team.state.value.status).toBe('live');
    await timers.pass(1);
    expect(team.state.value.status).toBe('stale');
    team.close();
  });

  it('rejects an addition that is pending when it is closed, and every later one', async () => {
    const team = await live();
    const pending = team.add('bob');
    team.close();
    await expect(pending).rejects.toMatchObject({ code: 'closed' });
    await expect(team.add('cat')).rejects.toMatchObject({ code: 'closed' });
  });

  it('resolves an addition whose user is removed meanwhile', async () => {
    const team = await live();
    const added = team.add('bob');
    team.remove('bob');
    await added;
    expect(team.has('bob')).toBe(false);
  });

  it('checks the users', async () => {
    const team = await live();
    await expect(team.add('')).rejects.toThrow(/userIds\[0\]/);
    expect(() => team.remove('a\n')).toThrow(/userIds\[0\]/);
    const many = Array.from({ length: 10_000 }, (_, i) => `u${i}`);
    await expect(team.add(...many)).rejects.toThrow(/more than 10000/);
    await expect(client.watch().add('ann')).rejects.toThrow(/has all users/);
    client.close();
  });
});
