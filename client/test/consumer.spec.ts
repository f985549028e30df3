import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Code, ConnectError } from '@connectrpc/connect';
import type { EventBatch, PresenceEvent } from '@presence-service/client';
import { ChangeReason, Delivery, Sync } from '../src/generated/presence/v1/events_service_pb.js';
import { PresenceStatus } from '../src/generated/presence/v1/presence_pb.js';
import { ConsumerWorld, muted, tokenIn, unavailable, user } from './support/consumer-world.js';
import { rejection } from './support/fake-service.js';
import { settled } from './support/manual-timers.js';

type EventInit = ReturnType<typeof muted>;

const expired = (): ConnectError => rejection(Code.Unauthenticated, 'TOKEN_EXPIRED');

describe('A consumer', () => {
  let world: ConsumerWorld;
  beforeEach(() => (world = new ConsumerWorld()));
  afterEach(() => world.close());

  describe('at its first start', () => {
    it('requests every event of its users, channels, groups and kinds from the beginning', async () => {
      world.consume({ users: ['ann'], channels: ['lobby'], groups: ['acme'], kinds: ['online'] });
      await settled();
      expect(world.service.subscription.request).toMatchObject({
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
      const consumer = world.consume();
      await settled();
      await world.send({ snapshot: [user('ann', 1)] }, { snapshot: [user('bob', 2)] });
      expect(world.calls).toEqual(['load']);
      expect(consumer.state.value).toEqual({ status: 'loading' });
      await world.send({ sync: Sync.CURRENT, resumeToken: 't1' });
      expect(world.calls).toEqual(['load', 'first-start: ann 1, bob 2; at t1', 'save t1']);
      expect(consumer.state.value).toEqual({ status: 'live' });
    });

    it('begins the snapshot again if the stream broke in the middle of it', async () => {
      world.consume();
      await settled();
      await world.send({ snapshot: [user('ann', 1)] });
      await world.breakOff();
      expect(world.service.subscription.request.resumeToken).toBe('');
      await world.send({ snapshot: [user('bob', 2)] }, { sync: Sync.CURRENT, resumeToken: 't1' });
      expect(world.calls).toEqual(['load', 'first-start: bob 2; at t1', 'save t1']);
    });

    it('hands over a snapshot without users, because that is the state', async () => {
      world.consume();
      await settled();
      await world.send({ sync: Sync.CURRENT, resumeToken: 't1' });
      expect(world.calls).toEqual(['load', 'first-start: ; at t1', 'save t1']);
    });

    it.each([undefined, null, ''])('is at its first start if load returns %j', async (nothing) => {
      world.consume({ position: { load: () => nothing, save: () => {} } });
      await settled();
      await world.send({ sync: Sync.CURRENT, resumeToken: 't1' });
      expect(world.calls).toEqual(['first-start: ; at t1']);
    });
  });

  describe('while it runs', () => {
    it('hands over events with their details, and saves the position after each batch', async () => {
      const batches: EventBatch[] = [];
      await world.live({ onEvents: (batch) => void batches.push(batch) });
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
      await world.send({
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
      expect(world.calls).toEqual(['save t2']);
      expect(tokenIn(world.stored!)).toBe('t2');
    });

    it('waits for the position of events that arrive without one', async () => {
      await world.live();
      await world.send({ events: [muted('ann', 2)] });
      expect(world.calls).toEqual([]);
      await world.send({ resumeToken: 't2' });
      expect(world.calls).toEqual(['ann mute-changed 2; at t2', 'save t2']);
    });

    it('hands over events under the position before, if too many arrive without one', async () => {
      await world.live();
      const many = Array.from({ length: 1000 }, (_, i) => muted('ann', i + 2));
      await world.send({ events: many.slice(0, 999) });
      expect(world.calls).toEqual([]);
      await world.send({ events: many.slice(999) });
      expect(world.calls).toHaveLength(1);
      expect(world.calls[0]).toMatch(/^ann mute-changed 2;.*ann mute-changed 1001; at t1$/);
      await world.send({ events: [muted('ann', 2000)], resumeToken: 't2' });
      expect(world.calls.slice(1)).toEqual(['ann mute-changed 2000; at t2', 'save t2']);
    });

    it('saves the position of a heartbeat without calling onEvents', async () => {
      await world.live();
      await world.send({ resumeToken: 't2' });
      expect(world.calls).toEqual(['save t2']);
    });

    it('resumes after a break where the last batch ended, and drops what had no position', async () => {
      const consumer = await world.live();
      await world.send(
        { events: [muted('ann', 2)], resumeToken: 't2' },
        { events: [muted('ann', 3)] },
      );
      world.service.subscription.fail(unavailable());
      await settled();
      expect(consumer.state.value).toMatchObject({
        status: 'stale',
        error: { code: 'unavailable' },
      });
      await world.timers.pass(1000);
      expect(world.service.subscription.request.resumeToken).toBe('t2');
      await world.send({ events: [muted('ann', 3)] }, { sync: Sync.CURRENT, resumeToken: 't3' });
      expect(world.calls).toEqual([
        'ann mute-changed 2; at t2',
        'save t2',
        'ann mute-changed 3; at t3',
        'save t3',
      ]);
      expect(consumer.state.value).toEqual({ status: 'live' });
    });

    it('connects again for ever, with pauses of 10 seconds at most', async () => {
      const consumer = await world.live();
      world.service.failNext('subscribe', ...Array.from({ length: 500 }, unavailable));
      world.service.subscription.fail(unavailable());
      await world.timers.pass(499 * 10_000);
      expect(consumer.state.value.status).toBe('stale');
      await world.timers.pass(20_000);
      await world.send({ sync: Sync.CURRENT, resumeToken: 't2' });
      expect(consumer.state.value).toEqual({ status: 'live' });
    });

    it('stays live and resumes with a new token when the old one has expired', async () => {
      const consumer = await world.live();
      const states: string[] = [];
      consumer.state.subscribe(({ status }) => states.push(status));
      const { token } = world.service.subscription;
      world.service.subscription.fail(expired());
      await world.timers.pass(500);
      expect(world.service.subscription.token).not.toBe(token);
      await world.send({ sync: Sync.CURRENT, resumeToken: 't2' });
      expect(states).toEqual(['live']);
    });

    it('resumes with a new token when the program asks for one', async () => {
      await world.live();
      const { token } = world.service.subscription;
      world.client.renewToken();
      await world.timers.pass(500);
      expect(world.service.subscription.token).not.toBe(token);
      expect(world.service.subscription.request.resumeToken).toBe('t1');
    });

    it('connects again when the service is silent, but not while the program is slow', async () => {
      world.isHeld = true;
      world.consume();
      await settled();
      await world.send({ sync: Sync.CURRENT, resumeToken: 't1' });
      // Two messages that begin a batch of their own, so that the second one stops the stream.
      await world.send({ sync: Sync.RESET }, { sync: Sync.CURRENT, resumeToken: 't2' });
      await world.send({ sync: Sync.RESET }, { sync: Sync.CURRENT, resumeToken: 't3' });
      await world.timers.pass(600_000);
      expect(world.service.subscriptions).toHaveLength(1);
      world.isHeld = false;
      world.release();
      await settled();
      await world.timers.pass(46_000);
      expect(world.service.subscriptions).toHaveLength(2);
      expect(world.service.subscription.request.resumeToken).toBe('t3');
    });
  });
});
