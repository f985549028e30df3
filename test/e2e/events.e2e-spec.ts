import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { channelChange } from '../support/changes.js';
import { Sync } from '../../src/api/generated/presence/v1/events_service.pb.js';
import { PresenceStatus } from '../../src/api/generated/presence/v1/presence.pb.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Client } from '../support/client.js';
import { Service } from '../support/service.js';
import { connectUser, watch } from '../support/watched-user.js';

const { PRESENCE_STATUS_OFFLINE: OFFLINE } = PresenceStatus;

describe('Subscribe', () => {
  let service: Service;
  let watching: Client;
  beforeAll(async () => {
    service = await Service.start({ IDLE_TIMEOUT_MS: '60000' });
    watching = await service.client('watcher');
  });
  afterAll(() => service.stop());

  describe('at the beginning', () => {
    it('sends the matching presences, then SYNC_CURRENT with a resume token', async () => {
      const { started } = await connectUser(service, 'early bird');
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
      const { client, sessionId, stream } = await connectUser(service, 'gone', 'attic');
      const ended = await watch(watching, 'gone');
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
      const { client, sessionId, stream } = await connectUser(service, 'short visit');
      await connectUser(service, 'long visit');
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
      const { client, sessionId } = await connectUser(service, 'skipped');
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
      const { client, sessionId } = await connectUser(service, 'busy');
      const watcher = await watch(watching, 'busy');
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
      const { client, sessionId } = await connectUser(service, 'whole', 'hall');
      const watcher = await watch(watching, 'whole');
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
        Array.from({ length: 5 }, (_, i) => connectUser(service, `writer ${i}`, 'start')),
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
});
