import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  createPresenceClient,
  type ConsumeOptions,
  type Consumer,
  type EventBatch,
  type PresenceClient,
  type PresenceEvent,
} from '@presence-service/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BadRequestSchema } from '../src/generated/google/rpc/error_details_pb.js';
import {
  ChangeReason,
  Delivery,
  Sync,
  type PresenceEventSchema,
} from '../src/generated/presence/v1/events_service_pb.js';
import { PresenceStatus } from '../src/generated/presence/v1/presence_pb.js';
import { FakeService, rejection, revoked, told } from './support/fake-service.js';
import { ManualTimers, settled } from './support/manual-timers.js';
import { tokenNumber } from './support/tokens.js';

type EventInit = MessageInitShape<typeof PresenceEventSchema>;

const unavailable = (): ConnectError => new ConnectError('out of reach', Code.Unavailable);
const expired = (): ConnectError => rejection(Code.Unauthenticated, 'TOKEN_EXPIRED');

describe('A consumer', () => {
  let timers: ManualTimers;
  let service: FakeService;
  let client: PresenceClient;
  /** The calls of the functions of the program, in order. */
  let calls: string[];
  let stored: string | undefined;
  /** Errors that the next calls of a function throw. */
  let errors: Record<'load' | 'onEvents' | 'save', Error[]>;
  /** Ends the call of `onEvents` that is in progress, if batches are held. */
  let release: () => void;
  let isHeld: boolean;
  beforeEach(() => {
    timers = new ManualTimers();
    service = new FakeService(() => timers.now());
    calls = [];
    stored = undefined;
    errors = { load: [], onEvents: [], save: [] };
    release = () => {};
    isHeld = false;
    let tokens = 0;
    const { transport } = service;
    const token = () => tokenNumber(++tokens);
    client = createPresenceClient({ transport, token, timers, random: () => 1 });
  });
  afterEach(() => client.close());

  /** A program that stores its position in `stored` and writes down what it is called for. */
  function consume(options: Partial<ConsumeOptions> = {}): Consumer {
    return client.consume({
      position: {
        load: async () => {
          calls.push('load');
          throwNext('load');
          return stored;
        },
        save: async (position) => {
          calls.push(`save ${tokenIn(position)}`);
          throwNext('save');
          stored = position;
        },
      },
      onEvents: async (batch) => {
        calls.push(inWords(batch));
        if (isHeld) await new Promise<void>((resolve) => (release = resolve));
        throwNext('onEvents');
      },
      ...options,
    });
  }

  function throwNext(callback: keyof typeof errors): void {
    const error = errors[callback].shift();
    if (error !== undefined) throw error;
  }

  function tokenIn(position: string): string {
    return position.split('.').at(-1)!;
  }

  function inWords({ reset, events, position }: EventBatch): string {
    const state = reset?.presences.map(({ userId, version }) => `${userId} ${version}`).join(', ');
    const start = reset === undefined ? [] : [`${reset.reason}: ${state}`];
    const parts = events.map(
      ({ userId, kind, presence }) => `${userId} ${kind} ${presence.version}`,
    );
    return [...start, ...parts, `at ${tokenIn(position)}`].join('; ');
  }

  function user(userId: string, version: number) {
    return { userId, version: BigInt(version), status: PresenceStatus.ONLINE };
  }

  function muted(userId: string, version: number): EventInit {
    const change = { case: 'userMuteStateChanged', value: {} } as const;
    return { presence: user(userId, version), reason: ChangeReason.REQUESTED, change };
  }

  async function send(...messages: Parameters<typeof told>[0][]): Promise<void> {
    for (const message of messages) service.subscription.send(told(message));
    await settled();
  }

  /** Starts a consumer that has handled a first snapshot and saved the position "t1". */
  async function live(options?: Partial<ConsumeOptions>): Promise<Consumer> {
    const consumer = consume(options);
    await settled();
    await send({ snapshot: [user('ann', 1)] }, { sync: Sync.CURRENT, resumeToken: 't1' });
    calls.length = 0;
    return consumer;
  }

  async function breakOff(error = unavailable()): Promise<void> {
    service.subscription.fail(error);
    await timers.pass(1000);
  }

  describe('at its first start', () => {
    it('requests every event of its users, channels, groups and kinds from the beginning', async () => {
      consume({ users: ['ann'], channels: ['lobby'], groups: ['acme'], kinds: ['online'] });
      await settled();
      expect(service.subscription.request).toMatchObject({
        userIds: ['ann'],
        channelIds: ['lobby'],
        groupIds: ['acme'],
        kinds: [1],
        delivery: Delivery.EVERY_EVENT,
        resumeToken: '',
        skipSnapshot: false,
      });
    });

    it('hands over the complete snapshot once, then saves the position', async () => {
      const consumer = consume();
      await settled();
      await send({ snapshot: [user('ann', 1)] }, { snapshot: [user('bob', 2)] });
      expect(calls).toEqual(['load']);
      expect(consumer.state.value).toEqual({ status: 'loading' });
      await send({ sync: Sync.CURRENT, resumeToken: 't1' });
      expect(calls).toEqual(['load', 'first-start: ann 1, bob 2; at t1', 'save t1']);
      expect(consumer.state.value).toEqual({ status: 'live' });
    });

    it('begins the snapshot again if the stream broke in the middle of it', async () => {
      consume();
      await settled();
      await send({ snapshot: [user('ann', 1)] });
      await breakOff();
      expect(service.subscription.request.resumeToken).toBe('');
      await send({ snapshot: [user('bob', 2)] }, { sync: Sync.CURRENT, resumeToken: 't1' });
      expect(calls).toEqual(['load', 'first-start: bob 2; at t1', 'save t1']);
    });

    it('hands over a snapshot without users, because that is the state', async () => {
      consume();
      await settled();
      await send({ sync: Sync.CURRENT, resumeToken: 't1' });
      expect(calls).toEqual(['load', 'first-start: ; at t1', 'save t1']);
    });

    it.each([undefined, null, ''])('is at its first start if load returns %j', async (nothing) => {
      consume({ position: { load: () => nothing, save: () => {} } });
      await settled();
      await send({ sync: Sync.CURRENT, resumeToken: 't1' });
      expect(calls).toEqual(['first-start: ; at t1']);
    });
  });

  describe('while it runs', () => {
    it('hands over events with their details, and saves the position after each batch', async () => {
      const batches: EventBatch[] = [];
      await live({ onEvents: (batch) => void batches.push(batch) });
      const changes: EventInit['change'][] = [
        { case: 'userOnline', value: {} },
        { case: 'userStatusChanged', value: { previousStatus: PresenceStatus.AWAY } },
        {
          case: 'userChannelChanged',
          value: { previousChannelId: 'a', joinedChannelIds: ['b'], leftChannelIds: ['a'] },
        },
        { case: 'userMuteStateChanged', value: { wasSpeakerMuted: true } },
        { case: 'userAttributesChanged', value: { keys: ['doc'] } },
        { case: 'userConnectionChanged', value: {} },
        { case: 'userOffline', value: {} },
        { case: undefined },
      ];
      const presence = user('ann', 2);
      const reason = ChangeReason.CONNECTED;
      const occurredAt = { seconds: 5n, nanos: 0 };
      await send({
        events: changes.map((change) => ({ presence, reason, occurredAt, change: change! })),
        resumeToken: 't2',
      });
      const details = (event: PresenceEvent) => {
        const {
          presence: { version },
          ...rest
        } = event;
        return { version, ...rest };
      };
      const common = {
        version: 2n,
        userId: 'ann',
        reason: 'connected',
        occurredAt: new Date(5000),
      };
      expect(batches[1]?.events.map(details)).toEqual([
        { ...common, kind: 'online' },
        { ...common, kind: 'status-changed', previousStatus: 'away' },
        {
          ...common,
          kind: 'channel-changed',
          previousChannelId: 'a',
          joinedChannelIds: ['b'],
          leftChannelIds: ['a'],
        },
        {
          ...common,
          kind: 'mute-changed',
          wasMicrophoneMuted: false,
          wasSpeakerMuted: true,
          wasMicrophoneMutedByModerator: false,
          wasSpeakerMutedByModerator: false,
        },
        { ...common, kind: 'attributes-changed', keys: ['doc'] },
        { ...common, kind: 'connection-changed' },
        { ...common, kind: 'offline' },
        { ...common, kind: 'unknown' },
      ]);
      expect(calls).toEqual(['save t2']);
      expect(tokenIn(stored!)).toBe('t2');
    });

    it('waits for the position of events that arrive without one', async () => {
      await live();
      await send({ events: [muted('ann', 2)] });
      expect(calls).toEqual([]);
      await send({ resumeToken: 't2' });
      expect(calls).toEqual(['ann mute-changed 2; at t2', 'save t2']);
    });

    it('hands over events under the position before, if too many arrive without one', async () => {
      await live();
      const many = Array.from({ length: 1000 }, (_, i) => muted('ann', i + 2));
      await send({ events: many.slice(0, 999) });
      expect(calls).toEqual([]);
      await send({ events: many.slice(999) });
      expect(calls).toHaveLength(1);
      expect(calls[0]).toMatch(/^ann mute-changed 2;.*ann mute-changed 1001; at t1$/);
      await send({ events: [muted('ann', 2000)], resumeToken: 't2' });
      expect(calls.slice(1)).toEqual(['ann mute-changed 2000; at t2', 'save t2']);
    });

    it('saves the position of a heartbeat without calling onEvents', async () => {
      await live();
      await send({ resumeToken: 't2' });
      expect(calls).toEqual(['save t2']);
    });

    it('resumes after a break where the last batch ended, and drops what had no position', async () => {
      const consumer = await live();
      await send({ events: [muted('ann', 2)], resumeToken: 't2' }, { events: [muted('ann', 3)] });
      service.subscription.fail(unavailable());
      await settled();
      expect(consumer.state.value).toMatchObject({
        status: 'stale',
        error: { code: 'unavailable' },
      });
      await timers.pass(1000);
      expect(service.subscription.request.resumeToken).toBe('t2');
      await send({ events: [muted('ann', 3)] }, { sync: Sync.CURRENT, resumeToken: 't3' });
      expect(calls).toEqual([
        'ann mute-changed 2; at t2',
        'save t2',
        'ann mute-changed 3; at t3',
        'save t3',
      ]);
      expect(consumer.state.value).toEqual({ status: 'live' });
    });

    it('connects again for ever, with pauses of 10 seconds at most', async () => {
      const consumer = await live();
      service.failNext('subscribe', ...Array.from({ length: 500 }, unavailable));
      service.subscription.fail(unavailable());
      await timers.pass(499 * 10_000);
      expect(consumer.state.value.status).toBe('stale');
      await timers.pass(20_000);
      await send({ sync: Sync.CURRENT, resumeToken: 't2' });
      expect(consumer.state.value).toEqual({ status: 'live' });
    });

    it('stays live and resumes with a new token when the old one has expired', async () => {
      const consumer = await live();
      const states: string[] = [];
      consumer.state.subscribe(({ status }) => states.push(status));
      const { token } = service.subscription;
      service.subscription.fail(expired());
      await timers.pass(500);
      expect(service.subscription.token).not.toBe(token);
      await send({ sync: Sync.CURRENT, resumeToken: 't2' });
      expect(states).toEqual(['live']);
    });

    it('resumes with a new token when the program asks for one', async () => {
      await live();
      const { token } = service.subscription;
      client.renewToken();
      await timers.pass(500);
      expect(service.subscription.token).not.toBe(token);
      expect(service.subscription.request.resumeToken).toBe('t1');
    });

    it('connects again when the service is silent, but not while the program is slow', async () => {
      isHeld = true;
      consume();
      await settled();
      await send({ sync: Sync.CURRENT, resumeToken: 't1' });
      // Two messages that begin a batch of their own, so that the second one stops the stream.
      await send({ sync: Sync.RESET }, { sync: Sync.CURRENT, resumeToken: 't2' });
      await send({ sync: Sync.RESET }, { sync: Sync.CURRENT, resumeToken: 't3' });
      await timers.pass(600_000);
      expect(service.subscriptions).toHaveLength(1);
      isHeld = false;
      release();
      await settled();
      await timers.pass(46_000);
      expect(service.subscriptions).toHaveLength(2);
      expect(service.subscription.request.resumeToken).toBe('t3');
    });
  });

  describe('after a restart of the program', () => {
    it('continues at the saved position', async () => {
      await (await live()).stop();
      consume();
      await settled();
      expect(service.subscription.request.resumeToken).toBe('t1');
      await send({ events: [muted('ann', 2)] }, { sync: Sync.CURRENT, resumeToken: 't2' });
      expect(calls).toEqual(['load', 'ann mute-changed 2; at t2', 'save t2']);
    });

    it('begins with a snapshot if the filter is another one, in any respect', async () => {
      await (await live({ channels: ['lobby'] })).stop();
      for (const other of [
        { channels: ['garden'] },
        { channels: ['lobby', 'garden'] },
        { users: ['lobby'] },
        { groups: ['lobby'] },
        { channels: ['lobby'], kinds: ['online'] },
      ] as const) {
        calls.length = 0;
        const consumer = consume({ ...other, position: { load: () => stored, save: () => {} } });
        await settled();
        expect(service.subscription.request.resumeToken).toBe('');
        await send({ sync: Sync.CURRENT, resumeToken: 't2' });
        expect(calls).toEqual(['filter-changed: ; at t2']);
        await consumer.stop();
      }
    });

    it('continues if only the order of the filter is another one', async () => {
      await (await live({ channels: ['lobby', 'garden'] })).stop();
      consume({ channels: ['garden', 'lobby', 'garden'] });
      await settled();
      expect(service.subscription.request.resumeToken).toBe('t1');
    });

    it.each(['t1', '1.zz.t1', '2.0123456789abcdef.t1', '1.0123456789abcdef.'])(
      'begins with a snapshot if the position is not one of its own: %s',
      async (position) => {
        consume({ position: { load: () => position, save: () => {} } });
        await settled();
        await send({ sync: Sync.CURRENT, resumeToken: 't2' });
        expect(calls).toEqual(['position-lost: ; at t2']);
      },
    );
  });

  describe('whose position the service has lost', () => {
    it('hands over a snapshot as a reset, together with the events after it', async () => {
      const consumer = await live();
      await breakOff();
      isHeld = true;
      await send({ sync: Sync.RESET }, { snapshot: [user('bob', 5)] });
      expect(consumer.state.value).toEqual({ status: 'stale' });
      expect(calls).toEqual([]);
      await send(
        { sync: Sync.CURRENT, resumeToken: 't9' },
        { events: [muted('bob', 6)], resumeToken: 't10' },
      );
      expect(calls).toEqual(['position-lost: bob 5; at t9']);
      expect(tokenIn(stored!)).toBe('t1');
      release();
      await settled();
      expect(calls.slice(1)).toEqual(['save t9', 'bob mute-changed 6; at t10']);
    });

    it('keeps the old position until the snapshot is complete', async () => {
      await live();
      await breakOff();
      await send({ sync: Sync.RESET }, { snapshot: [user('bob', 5)], resumeToken: 't9' });
      await breakOff();
      expect(service.subscription.request.resumeToken).toBe('t1');
      await send({ sync: Sync.RESET }, { snapshot: [user('cat', 7)] });
      await send({ sync: Sync.CURRENT, resumeToken: 't11' });
      expect(calls).toEqual(['position-lost: cat 7; at t11', 'save t11']);
    });

    it('hands over the events before a reset first', async () => {
      await live();
      isHeld = true;
      await send({ events: [muted('ann', 2)], resumeToken: 't2' });
      await send({ events: [muted('ann', 3)], resumeToken: 't3' }, { events: [muted('ann', 4)] });
      await send({ sync: Sync.RESET }, { snapshot: [user('bob', 5)] });
      await send({ sync: Sync.CURRENT, resumeToken: 't9' });
      isHeld = false;
      release();
      await settled();
      expect(calls).toEqual([
        'ann mute-changed 2; at t2',
        'save t2',
        'ann mute-changed 3; ann mute-changed 4; at t3',
        'save t3',
        'position-lost: bob 5; at t9',
        'save t9',
      ]);
    });

    it('begins with a snapshot if the service does not understand the position', async () => {
      await (await live()).stop();
      const details = {
        desc: BadRequestSchema,
        value: { fieldViolations: [{ field: 'resume_token', description: 'is malformed' }] },
      };
      service.failNext(
        'subscribe',
        new ConnectError('invalid', Code.InvalidArgument, undefined, [details]),
      );
      const consumer = consume();
      await timers.pass(1000);
      expect(service.subscription.request.resumeToken).toBe('');
      await send({ sync: Sync.CURRENT, resumeToken: 't2' });
      expect(calls).toEqual(['load', 'position-lost: ; at t2', 'save t2']);
      expect(consumer.state.value).toEqual({ status: 'live' });
    });
  });

  describe('whose program is slow', () => {
    it('hands over all that has arrived meanwhile as one batch, never two at a time', async () => {
      await live();
      isHeld = true;
      await send({ events: [muted('ann', 2)], resumeToken: 't2' });
      await send({ events: [muted('ann', 3)], resumeToken: 't3' });
      await send({ events: [muted('bob', 4)], resumeToken: 't4' });
      expect(calls).toEqual(['ann mute-changed 2; at t2']);
      release();
      await settled();
      expect(calls.slice(1)).toEqual(['save t2', 'ann mute-changed 3; bob mute-changed 4; at t4']);
    });

    it('stops reading the stream while 1000 events wait', async () => {
      await live();
      isHeld = true;
      let version = 2;
      const hundred = () => ({
        events: Array.from({ length: 100 }, () => muted('ann', version++)),
        resumeToken: `t${version}`,
      });
      for (let i = 0; i < 50; i++) await send(hundred());
      // One batch is being handled, ten messages wait, and one more has been read.
      const read = 50 - service.subscription.unread;
      expect(read).toBeGreaterThan(10);
      expect(read).toBeLessThan(20);
      isHeld = false;
      release();
      await settled();
      expect(service.subscription.unread).toBe(0);
      expect(calls.flatMap((call) => [...call.matchAll(/mute-changed/g)])).toHaveLength(5000);
    });
  });

  describe('whose program fails', () => {
    it('hands over the same batch again, with pauses, and skips nothing', async () => {
      const consumer = await live();
      const bug = new Error('the database is down');
      errors.onEvents = [bug, bug];
      await send({ events: [muted('ann', 2)], resumeToken: 't2' });
      const failing = { status: 'retrying', callback: 'onEvents', error: bug };
      expect(consumer.state.value).toEqual({ ...failing, retryInMs: 250 });
      await send({ events: [muted('ann', 3)], resumeToken: 't3' });
      await timers.pass(250);
      expect(consumer.state.value).toEqual({ ...failing, retryInMs: 500 });
      await timers.pass(500);
      expect(consumer.state.value).toEqual({ status: 'live' });
      const batch = 'ann mute-changed 2; at t2';
      expect(calls).toEqual([
        batch,
        batch,
        batch,
        'save t2',
        'ann mute-changed 3; at t3',
        'save t3',
      ]);
    });

    it('handles a function that throws at once like a promise that rejects', async () => {
      let attempts = 0;
      const onEvents = (): void => {
        if (++attempts === 2) throw new Error('a bug');
      };
      await live({ onEvents });
      await send({ events: [muted('ann', 2)], resumeToken: 't2' });
      await timers.pass(250);
      expect(attempts).toBe(3);
      expect(calls).toEqual(['save t2']);
    });

    it('saves a position again before the next batch', async () => {
      const consumer = await live();
      errors.save = [new Error('the disk is full')];
      await send({ events: [muted('ann', 2)], resumeToken: 't2' });
      await send({ events: [muted('ann', 3)], resumeToken: 't3' });
      expect(consumer.state.value).toMatchObject({ status: 'retrying', callback: 'save' });
      await timers.pass(250);
      expect(calls).toEqual([
        'ann mute-changed 2; at t2',
        'save t2',
        'save t2',
        'ann mute-changed 3; at t3',
        'save t3',
      ]);
    });

    it('loads its position again before it connects', async () => {
      errors.load = [new Error('the database is down')];
      const consumer = consume();
      await settled();
      expect(consumer.state.value).toMatchObject({ status: 'retrying', callback: 'load' });
      expect(service.subscriptions).toHaveLength(0);
      await timers.pass(250);
      expect(service.subscriptions).toHaveLength(1);
      expect(consumer.state.value).toEqual({ status: 'loading' });
    });

    it('does not take a position that is no text for none', async () => {
      const consumer = consume({ position: { load: () => 7 as never, save: () => {} } });
      await settled();
      expect(consumer.state.value).toMatchObject({
        status: 'retrying',
        error: { code: 'invalid-argument' },
      });
      expect(service.subscriptions).toHaveLength(0);
    });

    it('says that the program fails rather than that the connection is lost', async () => {
      const consumer = await live();
      errors.onEvents = [new Error('once'), new Error('twice')];
      await send({ events: [muted('ann', 2)], resumeToken: 't2' });
      service.subscription.fail(unavailable());
      await settled();
      expect(consumer.state.value.status).toBe('retrying');
    });
  });

  describe('that is stopped', () => {
    it('waits for the batch in progress and saves its position', async () => {
      const consumer = await live();
      isHeld = true;
      await send({ events: [muted('ann', 2)], resumeToken: 't2' });
      await send({ events: [muted('ann', 3)], resumeToken: 't3' });
      let isStopped = false;
      const stopped = consumer.stop().then(() => (isStopped = true));
      await settled();
      expect(isStopped).toBe(false);
      expect(service.subscription.isOver).toBe(true);
      release();
      await stopped;
      await consumer.done;
      expect(calls).toEqual(['ann mute-changed 2; at t2', 'save t2']);
      expect(consumer.state.value).toMatchObject({ status: 'closed', reason: 'closed' });
      expect(timers.size).toBe(0);
    });

    it('does not repeat a batch that fails now', async () => {
      const consumer = await live();
      isHeld = true;
      errors.onEvents = [new Error('a bug')];
      await send({ events: [muted('ann', 2)], resumeToken: 't2' });
      const stopped = consumer.stop();
      release();
      await stopped;
      await consumer.done;
      expect(calls).toEqual(['ann mute-changed 2; at t2']);
      expect(tokenIn(stored!)).toBe('t1');
    });

    it('ends at once in the pause before it calls the program again', async () => {
      const consumer = await live();
      errors.onEvents = [new Error('a bug')];
      await send({ events: [muted('ann', 2)], resumeToken: 't2' });
      await consumer.stop();
      expect(calls).toEqual(['ann mute-changed 2; at t2']);
      expect(timers.size).toBe(0);
    });

    it('does not wait for a load that never ends', async () => {
      const consumer = consume({
        position: { load: () => new Promise<string>(() => {}), save: () => {} },
      });
      await settled();
      await consumer.stop();
      await consumer.done;
      expect(service.subscriptions).toHaveLength(0);
    });

    it.each([
      ['its signal', 'cancelled'],
      ['the client', 'closed'],
      ['using', 'closed'],
    ])('ends without an error by %s', async (means, reason) => {
      const controller = new AbortController();
      const consumer = await live({ signal: controller.signal });
      if (means === 'its signal') controller.abort();
      else if (means === 'the client') client.close();
      else consumer[Symbol.dispose]();
      await consumer.done;
      expect(consumer.state.value).toMatchObject({ status: 'closed', reason });
      await consumer.stop();
      expect(timers.size).toBe(0);
    });
  });

  describe('that the service refuses', () => {
    it('hands over what it has, and ends with the error', async () => {
      const consumer = await live({ channels: ['lobby'] });
      isHeld = true;
      await send({ events: [muted('ann', 2)], resumeToken: 't2' });
      await send({ events: [muted('ann', 3)], resumeToken: 't3' });
      service.subscription.fail(rejection(Code.PermissionDenied, 'CHANNEL_NOT_GRANTED'));
      await settled();
      expect(consumer.state.value).not.toMatchObject({ status: 'closed' });
      isHeld = false;
      release();
      await expect(consumer.done).rejects.toMatchObject({ reason: 'CHANNEL_NOT_GRANTED' });
      expect(calls.slice(-2)).toEqual(['ann mute-changed 3; at t3', 'save t3']);
      expect(consumer.state.value).toMatchObject({ status: 'closed', reason: 'permission-denied' });
      expect(timers.size).toBe(0);
    });

    it('ends when a second token is revoked, too', async () => {
      const consumer = await live();
      service.subscription.fail(revoked());
      service.failNext('subscribe', revoked(), revoked());
      await timers.pass(10_000);
      await expect(consumer.done).rejects.toMatchObject({ reason: 'TOKEN_REVOKED' });
    });
  });
});
