import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { channelChange, muteChange } from '../support/changes.js';
import {
  ChangeReason,
  Sync,
  type PresenceEvent,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import { PresenceStatus } from '../../src/api/generated/presence/v1/presence.pb.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Client } from '../support/client.js';
import { Link } from '../support/link.js';
import { OVER_HTTP } from '../support/nodes.js';
import { Service, tokenOf } from '../support/service.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';

const { PRESENCE_STATUS_ONLINE: ONLINE, PRESENCE_STATUS_OFFLINE: OFFLINE } = PresenceStatus;

describe('Subscribe', () => {
  let service: Service;
  beforeAll(async () => void (service = await Service.start({ IDLE_TIMEOUT_MS: '60000' })));
  afterAll(() => service.stop());

  /** Subscribes to some users and reads up to SYNC_CURRENT. */
  async function watch(...userIds: string[]): Promise<SubscriptionReader> {
    const watcher = (await service.client('watcher')).subscribe({ userIds });
    await watcher.beginning();
    return watcher;
  }

  /** Connects a user, and joins a channel if one is given. */
  async function present(userId: string, channelId?: string) {
    const client = await service.client(userId);
    const session = await client.connect();
    if (channelId !== undefined) {
      await client.joinChannel({ sessionId: session.sessionId, channelId });
    }
    return { client, ...session };
  }

  describe('at the beginning', () => {
    it('sends the matching presences, then SYNC_CURRENT with a resume token', async () => {
      const { started } = await present('early bird');
      const stream = (await service.client('watcher')).subscribe({ userIds: ['early bird'] });
      const snapshot = await stream.next();
      expect(snapshot.snapshot).toEqual([started.presence]);
      expect(snapshot.sync).toBe(Sync.SYNC_UNSPECIFIED);
      const current = await stream.next();
      expect(current).toMatchObject({ events: [], snapshot: [], sync: Sync.SYNC_CURRENT });
      expect(current.resumeToken).not.toBe('');
      stream.cancel();
    });

    it('shows named users who are OFFLINE, also those never seen', async () => {
      const { client, sessionId, stream } = await present('gone', 'attic');
      const ended = await watch('gone');
      await client.endSession({ sessionId });
      await stream.ended;
      await ended.nextEvents(2);
      const watcher = (await service.client('watcher')).subscribe({ userIds: ['gone', 'nobody'] });
      const { snapshot } = await watcher.beginning();
      expect(snapshot).toMatchObject([
        { userId: 'gone', status: OFFLINE, platforms: [] },
        { userId: 'nobody', status: OFFLINE, platforms: [], version: 0 },
      ]);
      expect(snapshot[0]).not.toHaveProperty('connectedAt.seconds');
      expect(snapshot[0]?.currentChannelId).toBeUndefined();
      expect(snapshot[0]?.lastActiveAt).toBeDefined();
    });

    it('shows everyone who is not OFFLINE with an empty filter', async () => {
      const { client, sessionId, stream } = await present('short visit');
      await present('long visit');
      await client.endSession({ sessionId });
      await stream.ended;
      const everyone = (await service.client('watcher')).subscribe();
      const { snapshot } = await everyone.beginning();
      const { presences } = await client.listOnlineUsers({ pageSize: 1000 });
      expect(snapshot).toEqual(presences);
      expect(snapshot.map(({ userId }) => userId)).toContain('long visit');
      expect(snapshot.map(({ userId }) => userId)).not.toContain('short visit');
      everyone.cancel();
    });

    it('splits a large snapshot over several messages, every user once', async () => {
      const userIds = Array.from({ length: 1234 }, (_, i) => `stranger ${i}`);
      const stream = (await service.client('watcher')).subscribe({ userIds });
      const sizes: number[] = [];
      const seen: string[] = [];
      for (let sync: Sync = Sync.SYNC_UNSPECIFIED; sync !== Sync.SYNC_CURRENT;) {
        const message = await stream.next();
        sync = message.sync;
        if (message.snapshot.length > 0) sizes.push(message.snapshot.length);
        seen.push(...message.snapshot.map(({ userId }) => userId));
      }
      expect(sizes.length).toBeGreaterThan(1);
      expect(seen).toEqual(userIds);
      stream.cancel();
    });

    it('is SYNC_CURRENT alone with skip_snapshot, and changes follow', async () => {
      const { client, sessionId } = await present('skipped');
      const stream = (await service.client('watcher')).subscribe({ skipSnapshot: true });
      const first = await stream.next();
      expect(first).toMatchObject({ snapshot: [], events: [], sync: Sync.SYNC_CURRENT });
      expect(first.resumeToken).not.toBe('');
      await client.joinChannel({ sessionId, channelId: 'lobby' });
      expect((await stream.nextEvent()).presence?.currentChannelId).toBe('lobby');
      stream.cancel();
    });
  });

  describe('from then on', () => {
    it('sends every change once, in commit order, and nothing for a command without effect', async () => {
      const { client, sessionId } = await present('busy');
      const watcher = await watch('busy');
      const channels = Array.from({ length: 50 }, (_, i) => `channel ${i}`);
      for (const channelId of channels) {
        await client.joinChannel({ sessionId, channelId });
        await client.joinChannel({ sessionId, channelId });
      }
      const events = await watcher.nextEvents(channels.length);
      expect(events.map(({ presence }) => presence?.currentChannelId)).toEqual(channels);
      const versions = events.map(({ presence }) => presence!.version);
      expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
      watcher.cancel();
    });

    it('sends the complete presence, equal to the response of the command', async () => {
      const { client, sessionId } = await present('whole', 'hall');
      const watcher = await watch('whole');
      const request = { sessionId, choice: StatusChoice.STATUS_CHOICE_AWAY, statusText: 'tea' };
      const { presence } = await client.updateStatus(request);
      const event = await watcher.nextEvent();
      expect(event.presence).toEqual(presence);
      expect(event.presence).toMatchObject({ currentChannelId: 'hall', statusText: 'tea' });
      const at = event.occurredAt!.seconds * 1000 + event.occurredAt!.nanos / 1e6;
      expect(at).toBe(service.clock.now());
      watcher.cancel();
    });

    it('leaves no gap between the snapshot and the first event while everyone changes', async () => {
      const writers = await Promise.all(
        Array.from({ length: 5 }, (_, i) => present(`writer ${i}`, 'start')),
      );
      let isOver = false;
      const writing = writers.map(async ({ client, sessionId }) => {
        for (let i = 0; !isOver; i++) await client.joinChannel({ sessionId, channelId: `c${i}` });
      });
      const userIds = writers.map((_, i) => `writer ${i}`);
      const watcher = await service.client('watcher');
      for (let round = 0; round < 20; round++) {
        const stream = watcher.subscribe(round % 2 === 0 ? { userIds } : {});
        const { snapshot } = await stream.beginning();
        const channels = new Map(snapshot.map((seen) => [seen.userId, seen.currentChannelId]));
        for (const event of await stream.nextEvents(50)) {
          const { userId, currentChannelId } = event.presence!;
          expect(event.change).toEqual({
            $case: 'userChannelChanged',
            value: channelChange(channels.get(userId), currentChannelId),
          });
          channels.set(userId, currentChannelId);
        }
        stream.cancel();
      }
      isOver = true;
      await Promise.all(writing);
    });
  });

  describe('has the kind of change, the previous value and the reason', () => {
    const ids = { watched: 0 };

    /**
     * Returns the events that `act` causes for a user, who has a session in the channel `before`.
     */
    async function eventsOf(
      count: number,
      act: (user: {
        readonly client: Client;
        readonly sessionId: string;
        readonly userId: string;
      }) => unknown,
    ) {
      const userId = `watched ${ids.watched++}`;
      const user = { userId, ...(await present(userId, 'before')) };
      const watcher = await watch(userId);
      await act(user);
      const events = (await watcher.nextEvents(count)).map(toldBy);
      watcher.cancel();
      return events;
    }

    function toldBy({ change, reason }: PresenceEvent) {
      return [change?.$case, change?.value, ChangeReason[reason]];
    }

    it('when a user comes online', async () => {
      const watcher = await watch('comer');
      const { started } = await present('comer');
      const event = await watcher.nextEvent();
      expect(toldBy(event)).toEqual(['userOnline', {}, 'CHANGE_REASON_CONNECTED']);
      expect(event.presence).toEqual(started.presence);
    });

    it('when the stream is ended: first the channel, then the user, in one commit', async () => {
      const { stream } = await present('leaver', 'before');
      const watcher = await watch('leaver');
      stream.cancel();
      const events = await watcher.nextEvents(2);
      expect(events.map(toldBy)).toEqual([
        ['userChannelChanged', channelChange('before', undefined), 'CHANGE_REASON_DISCONNECTED'],
        ['userOffline', {}, 'CHANGE_REASON_DISCONNECTED'],
      ]);
      expect(events[0]?.presence).toEqual(events[1]?.presence);
      expect(events[0]?.presence).toMatchObject({ status: OFFLINE, platforms: [] });
      expect(events[0]?.presence?.currentChannelId).toBeUndefined();
    });

    // Over HTTP a session is lost when its heartbeats stop.
    it.skipIf(OVER_HTTP)('when the connection is lost', async () => {
      const link = await Link.to(service.addresses());
      const client = service.clientWithToken(await tokenOf('lost'), link.addresses);
      const { sessionId } = await client.connect();
      await client.joinChannel({ sessionId, channelId: 'before' });
      const watcher = await watch('lost');
      link.cut();
      expect((await watcher.nextEvents(2)).map(toldBy)).toEqual([
        ['userChannelChanged', channelChange('before', undefined), 'CHANGE_REASON_CONNECTION_LOST'],
        ['userOffline', {}, 'CHANGE_REASON_CONNECTION_LOST'],
      ]);
      link.close();
    });

    it('when the session is ended by EndSession', async () => {
      const told = await eventsOf(2, ({ client, sessionId }) => client.endSession({ sessionId }));
      expect(told).toEqual([
        ['userChannelChanged', channelChange('before', undefined), 'CHANGE_REASON_SESSION_ENDED'],
        ['userOffline', {}, 'CHANGE_REASON_SESSION_ENDED'],
      ]);
    });

    it('when the token of the session expires', async () => {
      // The issuer of the token uses the real time, but earlier tests may have advanced the service
      // clock by any amount.
      await service.passTime(Math.max(0, Date.now() - service.clock.now()));
      const userId = 'expiring';
      const client = service.clientWithToken(await tokenOf(userId, { ttlSeconds: 30 }));
      await client.connect();
      const watcher = await watch(userId);
      // Longer than the remaining validity of the token, after the time that this test has
      // advanced.
      await service.passTime(50_000);
      expect(toldBy(await watcher.nextEvent())).toEqual([
        'userOffline',
        {},
        'CHANGE_REASON_TOKEN_EXPIRED',
      ]);
    });

    it('when a user moves, and when a user leaves the channel', async () => {
      const told = await eventsOf(2, async ({ client, sessionId }) => {
        await client.joinChannel({ sessionId, channelId: 'after' });
        await client.leaveChannel({ sessionId });
      });
      expect(told).toEqual([
        ['userChannelChanged', channelChange('before', 'after'), 'CHANGE_REASON_REQUESTED'],
        ['userChannelChanged', channelChange('after', undefined), 'CHANGE_REASON_REQUESTED'],
      ]);
    });

    it('when a mute state changes', async () => {
      const told = await eventsOf(2, async ({ client, sessionId }) => {
        await client.updateMuteState({ sessionId, isMicrophoneMuted: true });
        await client.updateMuteState({ sessionId, isMicrophoneMuted: false, isSpeakerMuted: true });
      });
      expect(told).toEqual([
        ['userMuteStateChanged', muteChange(), 'CHANGE_REASON_REQUESTED'],
        ['userMuteStateChanged', muteChange({ microphone: true }), 'CHANGE_REASON_REQUESTED'],
      ]);
    });

    it('when a status is set, and when it expires', async () => {
      const told = await eventsOf(2, async ({ client, sessionId }) => {
        await client.updateStatus({
          sessionId,
          choice: StatusChoice.STATUS_CHOICE_DO_NOT_DISTURB,
          expiresAt: { seconds: Math.floor(service.clock.now() / 1000) + 10, nanos: 0 },
        });
        await service.passTime(10_000);
      });
      expect(told).toEqual([
        ['userStatusChanged', { previousStatus: ONLINE }, 'CHANGE_REASON_REQUESTED'],
        [
          'userStatusChanged',
          { previousStatus: PresenceStatus.PRESENCE_STATUS_DO_NOT_DISTURB },
          'CHANGE_REASON_STATUS_EXPIRED',
        ],
      ]);
    });

    it('when a user turns idle and active again', async () => {
      const told = await eventsOf(2, async ({ client, sessionId }) => {
        await service.passTime(60_000);
        await client.recordActivity({ target: { $case: 'sessionId', value: sessionId } });
      });
      expect(told).toEqual([
        ['userStatusChanged', { previousStatus: ONLINE }, 'CHANGE_REASON_IDLE'],
        [
          'userStatusChanged',
          { previousStatus: PresenceStatus.PRESENCE_STATUS_IDLE },
          'CHANGE_REASON_ACTIVE',
        ],
      ]);
    });

    it('when a session begins and ends beside another', async () => {
      const told = await eventsOf(2, async ({ userId }) => {
        const second = await (await service.client(userId)).connect({ platform: 'mobile' });
        second.stream.cancel();
      });
      expect(told).toEqual([
        ['userConnectionChanged', {}, 'CHANGE_REASON_CONNECTED'],
        ['userConnectionChanged', {}, 'CHANGE_REASON_DISCONNECTED'],
      ]);
    });

    it('when one call changes several things: UserOnline before anything else', async () => {
      const watcher = await watch('loud');
      await (await service.client('loud')).connect({ isMicrophoneMuted: true });
      const events = await watcher.nextEvents(2);
      expect(events.map(({ change }) => change?.$case)).toEqual([
        'userOnline',
        'userMuteStateChanged',
      ]);
      expect(events[0]?.presence).toEqual(events[1]?.presence);
    });

    it('when a user becomes invisible and visible again, as for a disconnect and a connect', async () => {
      const told = await eventsOf(4, async ({ client, sessionId }) => {
        const { STATUS_CHOICE_INVISIBLE, STATUS_CHOICE_AUTOMATIC } = StatusChoice;
        await client.updateStatus({ sessionId, choice: STATUS_CHOICE_INVISIBLE });
        await client.updateStatus({ sessionId, choice: STATUS_CHOICE_AUTOMATIC });
      });
      expect(told).toEqual([
        ['userChannelChanged', channelChange('before', undefined), 'CHANGE_REASON_DISCONNECTED'],
        ['userOffline', {}, 'CHANGE_REASON_DISCONNECTED'],
        ['userOnline', {}, 'CHANGE_REASON_CONNECTED'],
        ['userChannelChanged', channelChange(undefined, 'before'), 'CHANGE_REASON_CONNECTED'],
      ]);
    });
  });
});
