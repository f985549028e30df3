import { Code, ConnectError } from '@connectrpc/connect';
import {
  createPresenceClient,
  type Change,
  type PresenceCollection,
} from '@presence-service/client';
import type { WatchOptions } from '@presence-service/client';
import { from, type Subscription as RxSubscription } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { BadRequestSchema } from '../src/generated/google/rpc/error_details_pb.js';
import {
  ChangeReason,
  Delivery,
  PresenceEventKind,
  Sync,
} from '../src/generated/presence/v1/events_service_pb.js';
import { PresenceStatus } from '../src/generated/presence/v1/presence_pb.js';
import { inWords, note, versions } from './support/collection-changes.js';
import { FakeService, told } from './support/fake-service.js';
import { ManualTimers, settled } from './support/manual-timers.js';
import { tokenNumber } from './support/tokens.js';

const unavailable = (): ConnectError => new ConnectError('out of reach', Code.Unavailable);
const refused = (): ConnectError => new ConnectError('token expired', Code.Unauthenticated);

describe('A collection of presences', () => {
  let timers: ManualTimers;
  let service: FakeService;
  beforeEach(() => {
    timers = new ManualTimers();
    service = new FakeService(() => timers.now());
  });

  function watch(options: WatchOptions = { channels: ['lobby'] }): PresenceCollection {
    let tokens = 0;
    const { transport } = service;
    const token = () => tokenNumber(++tokens);
    return createPresenceClient({ transport, token, timers, random: () => 1 }).watch(options);
  }

  /** Opens a collection that shows ann at version 1 and bob at version 2, with the resume token "t1". */
  async function live(options?: WatchOptions): Promise<PresenceCollection> {
    const collection = watch(options);
    await settled();
    service.subscription.send(told({ snapshot: [user('ann', 1), user('bob', 2)] }));
    service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't1' }));
    await collection.ready;
    return collection;
  }

  function user(userId: string, version: number, currentChannelId: string | undefined = 'lobby') {
    return {
      userId,
      version: BigInt(version),
      status: PresenceStatus.ONLINE,
      ...(currentChannelId !== '' && { currentChannelId }),
    };
  }

  function event(presence: ReturnType<typeof user> & { readonly channelIds?: string[] }) {
    return { presence, reason: ChangeReason.REQUESTED };
  }

  async function breakOff(error = unavailable()): Promise<void> {
    service.subscription.fail(error);
    await timers.pass(1000);
  }

  /** Counts the listeners from now on. */
  function countListeners(source: PresenceCollection['changes']): { readonly count: number } {
    const listeners = { count: 0 };
    const { subscribe } = source;
    source.subscribe = (observer) => {
      const subscription = subscribe.call(source, observer);
      listeners.count++;
      return {
        unsubscribe: () => {
          listeners.count--;
          subscription.unsubscribe();
        },
      };
    };
    return listeners;
  }

  it('subscribes to its users, channels and kinds with DELIVERY_LATEST', async () => {
    watch({ users: ['ann'], channels: ['lobby'], kinds: ['mute-changed'] });
    await settled();
    const { userIds, channelIds, kinds, delivery, resumeToken } = service.subscription.request;
    expect({ userIds, channelIds, kinds: [...kinds].sort(), delivery, resumeToken }).toEqual({
      userIds: ['ann'],
      channelIds: ['lobby'],
      kinds: [1, 2, 4, 5],
      delivery: Delivery.LATEST,
      resumeToken: '',
    });
  });

  it('of groups has the users that the service shows in them while they are not offline', async () => {
    const team = watch({ groups: ['acme'], users: ['ann'] });
    await settled();
    const { userIds, channelIds, groupIds } = service.subscription.request;
    expect([userIds, channelIds, groupIds]).toEqual([['ann'], [], ['acme']]);
    const offline = { status: PresenceStatus.OFFLINE };
    service.subscription.send(told({ snapshot: [{ ...user('ann', 1), ...offline }] }));
    service.subscription.send(told({ snapshot: [user('bob', 2)], sync: Sync.CURRENT }));
    await team.ready;
    expect(versions(team)).toBe('ann 1, bob 2');
    const changes = note(team);
    service.subscription.send(
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
    const team = await live({ users: ['ann', 'bob'] });
    const changes = note(team);
    service.subscription.fail(refused());
    await timers.pass(250);
    expect(service.subscription.request.resumeToken).toBe('t1');
    const unseen = { userId: 'bob', status: PresenceStatus.OFFLINE };
    service.subscription.send(told({ sync: Sync.RESET }));
    service.subscription.send(told({ snapshot: [user('ann', 1), unseen] }));
    await settled();
    expect(team.state.value.status).toBe('stale');
    expect(versions(team)).toBe('ann 1, bob 2');
    service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't2' }));
    await settled();
    expect(team.state.value.status).toBe('live');
    expect(changes).toEqual(['bob 2 -> 0 snapshot']);
    expect(team.get('bob')?.status).toBe('offline');
    team.close();
  });

  it('shows nothing before the snapshot is complete, and then everything at once', async () => {
    const lobby = watch();
    const changes = note(lobby);
    await settled();
    service.subscription.send(told({ snapshot: [user('ann', 1)] }));
    service.subscription.send(told({ snapshot: [user('bob', 2)] }));
    await settled();
    expect(lobby.size).toBe(0);
    expect(lobby.state.value).toEqual({ status: 'loading' });
    service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't1' }));
    await lobby.ready;
    expect(versions(lobby)).toBe('ann 1, bob 2');
    expect(changes).toEqual(['ann - -> 1 snapshot', 'bob - -> 2 snapshot']);
  });

  it('reads like a map', async () => {
    const lobby = await live();
    expect([...lobby.keys()]).toEqual(['ann', 'bob']);
    expect([...lobby.values()].map(({ version }) => version)).toEqual([1n, 2n]);
    expect([...lobby.entries()]).toEqual([...lobby]);
    expect(lobby.has('ann')).toBe(true);
    expect(lobby.get('cat')).toBeUndefined();
  });

  it('returns the same immutable snapshot until something changes', async () => {
    const lobby = await live();
    const before = lobby.snapshot();
    expect(lobby.snapshot()).toBe(before);
    service.subscription.send(told({ events: [event(user('ann', 3))] }));
    await settled();
    expect(before.get('ann')?.version).toBe(1n);
    expect(lobby.snapshot().get('ann')?.version).toBe(3n);
  });

  it('reports several events of one commit as one change, and ignores older events', async () => {
    const lobby = await live();
    const changes = note(lobby);
    const events = [user('ann', 5), user('ann', 5), user('ann', 4), user('bob', 2)].map(event);
    service.subscription.send(told({ events }));
    await settled();
    expect(changes).toEqual(['ann 1 -> 5 requested']);
  });

  it('resumes from its last token, and does not show users again who have left', async () => {
    const lobby = await live();
    service.subscription.send(told({ events: [event(user('ann', 3)), event(user('ann', 4, ''))] }));
    await settled();
    expect(lobby.has('ann')).toBe(false);
    const changes = note(lobby);
    await breakOff();
    expect(service.subscription.request.resumeToken).toBe('t1');
    expect(lobby.state.value).toMatchObject({ status: 'stale', error: { code: 'unavailable' } });
    const again = [user('ann', 3), user('ann', 4, ''), user('bob', 6)].map(event);
    service.subscription.send(told({ events: again }));
    service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't2' }));
    await settled();
    expect(lobby.state.value).toEqual({ status: 'live' });
    expect(changes).toEqual(['bob 2 -> 6 requested']);
    await breakOff();
    expect(service.subscription.request.resumeToken).toBe('t2');
  });

  it('keeps a user who is in any of the watched channels, and shows where else the user is', async () => {
    const collection = await live({ channels: ['lobby', 'garden'] });
    const changes = note(collection);
    const inChannels = (version: number, ...channelIds: string[]) =>
      event({ ...user('ann', version, channelIds.at(-1) ?? ''), channelIds: channelIds.sort() });
    service.subscription.send(told({ events: [inChannels(3, 'lobby', 'garden', 'bar')] }));
    await settled();
    expect(collection.get('ann')).toMatchObject({
      channelId: 'bar',
      channelIds: ['bar', 'garden', 'lobby'],
    });
    const events = [inChannels(4, 'garden', 'bar'), inChannels(5, 'bar')];
    service.subscription.send(told({ events }));
    await settled();
    expect(changes).toEqual([
      'ann 1 -> 3 requested',
      'ann 3 -> 4 requested',
      'ann 4 -> - requested',
    ]);
  });

  it('names moderators and expired attributes as the reason', async () => {
    const lobby = await live({ channels: ['lobby'], kinds: ['attributes-changed'] });
    expect(service.subscription.request.kinds).toContain(PresenceEventKind.USER_ATTRIBUTES_CHANGED);
    const changes = note(lobby);
    const events = [
      { ...event(user('ann', 3)), reason: ChangeReason.MODERATED },
      { ...event(user('ann', 4)), reason: ChangeReason.ATTRIBUTE_EXPIRED },
    ];
    service.subscription.send(told({ events }));
    await settled();
    expect(changes).toEqual(['ann 1 -> 3 moderated', 'ann 3 -> 4 attribute-expired']);
  });

  it('shows a user again who left and returned', async () => {
    const lobby = await live();
    const changes = note(lobby);
    const events = [user('ann', 3, ''), user('ann', 4)].map(event);
    service.subscription.send(told({ events }));
    await settled();
    expect(changes).toEqual(['ann 1 -> - requested', 'ann - -> 4 requested']);
  });

  it('shows the old state until the new snapshot is complete, and then reports the differences', async () => {
    const lobby = await live();
    const changes = note(lobby);
    await breakOff();
    service.subscription.send(told({ sync: Sync.RESET }));
    service.subscription.send(told({ snapshot: [user('bob', 2), user('cat', 7)] }));
    service.subscription.send(told({ events: [event(user('dan', 8))], resumeToken: 'too early' }));
    await settled();
    expect(versions(lobby)).toBe('ann 1, bob 2');
    expect(lobby.state.value).toEqual({ status: 'stale' });
    expect(changes).toEqual([]);
    service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't9' }));
    await settled();
    expect(versions(lobby)).toBe('bob 2, cat 7, dan 8');
    expect(changes).toEqual(['ann 1 -> - snapshot', 'cat - -> 7 snapshot', 'dan - -> 8 snapshot']);
  });

  it('accepts a new snapshot also if a version in it is older, because the service may have lost state', async () => {
    const lobby = await live();
    service.subscription.send(told({ sync: Sync.RESET, snapshot: [user('bob', 1)] }));
    service.subscription.send(told({ sync: Sync.CURRENT }));
    await settled();
    expect(versions(lobby)).toBe('bob 1');
  });

  it('drops an incomplete snapshot and keeps the old state', async () => {
    const lobby = await live();
    service.subscription.send(
      told({ sync: Sync.RESET, snapshot: [user('cat', 7)], resumeToken: 't5' }),
    );
    await breakOff();
    expect(service.subscription.request.resumeToken).toBe('t1');
    service.subscription.send(told({ events: [event(user('bob', 3))], sync: Sync.CURRENT }));
    await settled();
    expect(versions(lobby)).toBe('ann 1, bob 3');
  });

  it('starts again if another service issued its token', async () => {
    const lobby = await live();
    const fieldViolations = [{ field: 'resume_token', description: 'is not a token' }];
    const details = [{ desc: BadRequestSchema, value: { fieldViolations } }];
    service.failNext('subscribe', new ConnectError('no', Code.InvalidArgument, undefined, details));
    await breakOff();
    expect(service.subscription.request.resumeToken).toBe('');
    service.subscription.send(told({ snapshot: [user('cat', 1)], sync: Sync.CURRENT }));
    await settled();
    expect(versions(lobby)).toBe('cat 1');
  });

  it('requests a new token each time the old one has expired', async () => {
    await live();
    await breakOff(refused());
    service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't2' }));
    await settled();
    await breakOff(refused());
    expect(service.subscriptions.map(({ token }) => token)).toEqual([1, 2, 3].map(tokenNumber));
  });

  it('stays live while its token is renewed, and reports the changes of that time', async () => {
    const lobby = await live();
    const states: string[] = [];
    lobby.state.subscribe(({ status }) => states.push(status));
    const changes = note(lobby);
    for (const version of [3, 4]) {
      await timers.pass(20_000);
      await breakOff(refused());
      const events = [event(user('ann', version))];
      service.subscription.send(told({ events, sync: Sync.CURRENT, resumeToken: `t${version}` }));
      await settled();
    }
    await timers.pass(10_000);
    expect(states).toEqual(['live']);
    expect(changes).toEqual(['ann 1 -> 3 requested', 'ann 3 -> 4 requested']);
    lobby.close();
  });

  it('is stale when the renewal of its token takes more than 2 seconds, and says why', async () => {
    const lobby = await live();
    service.subscription.fail(refused());
    await timers.pass(1999);
    expect(lobby.state.value).toEqual({ status: 'live' });
    await timers.pass(1);
    expect(lobby.state.value).toMatchObject({
      status: 'stale',
      error: { code: 'unauthenticated' },
    });
    service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't2' }));
    await settled();
    expect(lobby.state.value).toEqual({ status: 'live' });
    lobby.close();
  });

  it('is stale at once if the renewal of its token fails, or if it missed events', async () => {
    const lobby = await live();
    service.failNext('subscribe', unavailable());
    await breakOff(refused());
    expect(lobby.state.value).toMatchObject({ status: 'stale', error: { code: 'unavailable' } });
    service.subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't2' }));
    await settled();
    await breakOff(refused());
    service.subscription.send(told({ sync: Sync.RESET }));
    await settled();
    expect(lobby.state.value).toEqual({ status: 'stale' });
    lobby.close();
    await settled();
    expect(timers.size).toBe(0);
  });

  it('is closed if it is rejected, and keeps its last state', async () => {
    const lobby = await live();
    service.subscription.fail(new ConnectError('no', Code.PermissionDenied));
    await timers.pass(60_000);
    expect(lobby.state.value).toMatchObject({ status: 'closed', reason: 'permission-denied' });
    expect(versions(lobby)).toBe('ann 1, bob 2');
    expect(timers.size).toBe(0);
  });

  it('is stale after a silence, and reconnects', async () => {
    const lobby = await live();
    await timers.pass(45_000);
    expect(lobby.state.value).toMatchObject({ status: 'stale' });
    await timers.pass(250);
    expect(service.subscriptions).toHaveLength(2);
    expect(service.subscriptions[0]!.isOver).toBe(true);
  });

  it('stays loading while it cannot complete, and reports the reason', async () => {
    service.failNext('subscribe', unavailable());
    const lobby = watch();
    await settled();
    expect(lobby.state.value).toMatchObject({ status: 'loading', error: { code: 'unavailable' } });
    await timers.pass(250);
    expect(service.subscriptions).toHaveLength(1);
  });

  it('survives a listener that throws, and reports the error', async () => {
    const lobby = await live();
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
    service.subscription.send(told({ events: [event(user('ann', 3))] }));
    expect(await uncaught).toBe(mistake);
    expect(changes).toEqual(['ann 1 -> 3 requested']);
  });

  describe('as an iterator', () => {
    it('yields every change to a fast loop, and ends the loop when it is closed', async () => {
      const lobby = await live();
      const changes: string[] = [];
      const loop = (async () => {
        for await (const change of lobby.changes) changes.push(inWords(change));
      })();
      for (const version of [3, 4]) {
        service.subscription.send(told({ events: [event(user('ann', version))] }));
        await settled();
      }
      lobby.close();
      await loop;
      expect(changes).toEqual(['ann 1 -> 3 requested', 'ann 3 -> 4 requested']);
    });

    it('yields the changes of a user as one to a slow loop', async () => {
      const lobby = await live();
      const changes = lobby.changes[Symbol.asyncIterator]();
      const first = changes.next();
      for (const version of [3, 4, 5, 6]) {
        service.subscription.send(told({ events: [event(user('ann', version))] }));
        await settled();
      }
      expect(inWords((await first).value as Change)).toBe('ann 1 -> 3 requested');
      expect(inWords((await changes.next()).value as Change)).toBe('ann 3 -> 6 requested');
      await changes.return?.();
    });

    it('ends at once, also while it waits, and unsubscribes', async () => {
      const lobby = await live();
      const listeners = countListeners(lobby.changes);
      const changes = lobby.changes[Symbol.asyncIterator]();
      const next = [changes.next(), changes.next()];
      expect(listeners.count).toBe(1);
      const over = { done: true, value: undefined };
      expect(await changes.return?.()).toEqual(over);
      expect(await Promise.all(next)).toEqual([over, over]);
      expect(listeners.count).toBe(0);
      expect(await changes.next()).toEqual(over);
      expect(listeners.count).toBe(0);
    });

    it('ends at once before it has begun', async () => {
      const lobby = await live();
      const listeners = countListeners(lobby.changes);
      const changes = lobby.changes[Symbol.asyncIterator]();
      await changes.return?.();
      expect(await changes.next()).toMatchObject({ done: true });
      expect(listeners.count).toBe(0);
    });

    it('answers each of several concurrent next() calls', async () => {
      const lobby = await live();
      const changes = lobby.changes[Symbol.asyncIterator]();
      const answers = [changes.next(), changes.next(), changes.next()];
      const events = [event(user('ann', 3)), event(user('bob', 4))];
      service.subscription.send(told({ events }));
      await settled();
      lobby.close();
      const [first, second, third] = await Promise.all(answers);
      expect([first, second].map((answer) => inWords(answer!.value as Change))).toEqual([
        'ann 1 -> 3 requested',
        'bob 2 -> 4 requested',
      ]);
      expect(third).toEqual({ done: true, value: undefined });
    });
  });

  describe('in RxJS', () => {
    it('has its changes and its state taken by from()', async () => {
      const lobby = await live();
      const seen: string[] = [];
      const subscriptions: RxSubscription[] = [
        from(lobby.changes).subscribe((change) => seen.push(inWords(change))),
        from(lobby.state).subscribe({
          next: ({ status }) => seen.push(status),
          complete: () => seen.push('complete'),
        }),
      ];
      service.subscription.send(told({ events: [event(user('ann', 3))] }));
      await settled();
      subscriptions[0]!.unsubscribe();
      service.subscription.send(told({ events: [event(user('ann', 4))] }));
      await settled();
      lobby.close();
      await settled();
      expect(seen).toEqual(['live', 'ann 1 -> 3 requested', 'closed', 'complete']);
    });
  });

  it('ends its stream, leaves no timer and emits nothing after it is closed', async () => {
    const lobby = await live();
    const changes = note(lobby);
    lobby.close();
    lobby[Symbol.dispose]();
    await settled();
    expect(service.subscription.isOver).toBe(true);
    expect(timers.size).toBe(0);
    expect(changes).toEqual([]);
    expect(lobby.state.value).toMatchObject({ status: 'closed', reason: 'closed' });
  });

  it('is never ready if it is closed before it is complete', async () => {
    const controller = new AbortController();
    const lobby = watch({ signal: controller.signal });
    controller.abort();
    await expect(lobby.ready).rejects.toMatchObject({ code: 'cancelled' });
    expect(timers.size).toBe(0);
  });
});
