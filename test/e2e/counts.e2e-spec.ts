import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  PresenceStatus,
  type PresenceCount,
} from '../../src/api/generated/presence/v1/presence.pb.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { CountFeed } from '../../src/events/count-feed.js';
import { ConnectionDrainer } from '../../src/lifecycle/connection-drainer.js';
import { PresenceStore } from '../../src/store/presence-store.js';
import type { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { NODES } from '../support/nodes.js';
import { Service } from '../support/service.js';

const HEARTBEAT_MS = 15_000;
const { STATUS_CHOICE_INVISIBLE: INVISIBLE, STATUS_CHOICE_AWAY: AWAY } = StatusChoice;

/** A count, as in "lobby 2: ONLINE 1, AWAY 1". */
function brief({ scope, total, byStatus }: PresenceCount): string {
  const parts = byStatus.map(
    (each) => `${PresenceStatus[each.status].replace('PRESENCE_STATUS_', '')} ${each.count}`,
  );
  return `${scope?.value ?? 'all'} ${total}: ${parts.join(', ') || '-'}`;
}

describe('Counts', () => {
  let service: Service;
  let reader: Client;
  beforeEach(async () => {
    service = await Service.start({
      MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '3',
      STREAM_HEARTBEAT_INTERVAL_MS: `${HEARTBEAT_MS}`,
    });
    reader = await service.client('reader');
  });
  afterEach(() => service.stop());

  async function connect(userId: string, ...channelIds: readonly string[]) {
    const client = await service.client(userId);
    const { sessionId } = await client.connect();
    for (const channelId of channelIds) {
      await client.joinChannel({ sessionId, channelId, keepOthers: true });
    }
    return { client, sessionId };
  }

  async function countsOf(...channelIds: readonly string[]): Promise<readonly string[]> {
    return (await reader.countPresences({ channelIds: [...channelIds] })).counts.map(brief);
  }

  /** Opens a stream that has the first message, and a way to read the next one. */
  async function watch(...channelIds: readonly string[]) {
    const stream = reader.watchCounts({ channelIds: [...channelIds] });
    const next = async (): Promise<readonly string[]> => (await stream.next()).counts.map(brief);
    return { stream, first: await next(), next };
  }

  describe('of CountPresences', () => {
    it('are those of all users who are not OFFLINE, by status', async () => {
      expect(await countsOf()).toEqual(['all 0: -']);
      const { client, sessionId } = await connect('ann');
      await connect('ben');
      expect(await countsOf()).toEqual(['all 2: ONLINE 2']);
      await client.updateStatus({ sessionId, choice: AWAY });
      expect(await countsOf()).toEqual(['all 2: ONLINE 1, AWAY 1']);
      await client.endSession({ sessionId });
      expect(await countsOf()).toEqual(['all 1: ONLINE 1']);
    });

    it('are those of channels, in the order of the request', async () => {
      const { client, sessionId } = await connect('ann', 'a', 'b');
      await connect('ben', 'b');
      const both = ['b 2: ONLINE 2', 'nowhere 0: -', 'a 1: ONLINE 1', 'b 2: ONLINE 2'];
      expect(await countsOf('b', 'nowhere', 'a', 'b')).toEqual(both);
      await client.joinChannel({ sessionId, channelId: 'c' });
      expect(await countsOf('a', 'b', 'c')).toEqual(['a 0: -', 'b 1: ONLINE 1', 'c 1: ONLINE 1']);
    });

    it('leave out who is INVISIBLE', async () => {
      const { client, sessionId } = await connect('ann', 'a');
      await client.updateStatus({ sessionId, choice: INVISIBLE });
      expect(await countsOf()).toEqual(['all 0: -']);
      expect((await client.countPresences()).counts.map(brief)).toEqual(['all 0: -']);
      expect(await countsOf('a')).toEqual(['a 0: -']);
    });
  });

  describe('of WatchCounts', () => {
    it('are all in the first message, and then only those that changed', async () => {
      const { client, sessionId } = await connect('ann', 'a');
      const { first, next } = await watch('a', 'b', 'c');
      expect([...first].sort()).toEqual(['a 1: ONLINE 1', 'b 0: -', 'c 0: -']);
      await client.joinChannel({ sessionId, channelId: 'b', keepOthers: true });
      await service.passTime(1000);
      expect(await next()).toEqual(['b 1: ONLINE 1']);
      await client.leaveChannel({ sessionId, channelId: 'a' });
      await client.updateStatus({ sessionId, choice: AWAY });
      await service.passTime(1000);
      expect([...(await next())].sort()).toEqual(['a 0: -', 'b 1: AWAY 1']);
    });

    it('are those of all users without channels', async () => {
      const { first, next } = await watch();
      expect(first).toEqual(['all 0: -']);
      await connect('ann', 'a');
      await service.passTime(1000);
      expect(await next()).toEqual(['all 1: ONLINE 1']);
      await service.passTime(300_000);
      expect(await next()).toEqual(['all 1: IDLE 1']);
    });

    it('come at most once a second, with the newest values', async () => {
      const { stream, next } = await watch();
      for (let i = 0; i < 4; i++) {
        await connect(`user ${i}`);
        await service.passTime(249);
      }
      expect(stream.takeArrived()).toEqual([]);
      await service.passTime(4);
      expect(await next()).toEqual(['all 4: ONLINE 4']);
      await connect('another');
      await service.passTime(999);
      expect(stream.takeArrived()).toEqual([]);
      await service.passTime(1);
      expect(await next()).toEqual(['all 5: ONLINE 5']);
    });

    it('are not sent when they are the same again, but a heartbeat is', async () => {
      const { client, sessionId } = await connect('ann', 'a');
      const { next } = await watch('a');
      await client.leaveChannel({ sessionId });
      await client.joinChannel({ sessionId, channelId: 'a' });
      await service.passTime(1000);
      await client.updateMuteState({ sessionId, isMicrophoneMuted: true });
      await service.passTime(HEARTBEAT_MS - 1000);
      expect(await next()).toEqual([]);
      await service.passTime(HEARTBEAT_MS);
      expect(await next()).toEqual([]);
    });

    it('do not count INVISIBLE users, who look like users who have left', async () => {
      const { client, sessionId } = await connect('ann', 'a');
      const { next } = await watch('a');
      await client.updateStatus({ sessionId, choice: INVISIBLE });
      await service.passTime(1000);
      expect(await next()).toEqual(['a 0: -']);
      await client.joinChannel({ sessionId, channelId: 'b' });
      await client.joinChannel({ sessionId, channelId: 'a' });
      await service.passTime(HEARTBEAT_MS);
      expect(await next()).toEqual([]);
    });

    it('name a channel once that the request names twice', async () => {
      expect((await watch('a', 'a')).first).toEqual(['a 0: -']);
    });

    it('end with UNAUTHENTICATED when the token expires', async () => {
      const short = await service.client('short', { ttlSeconds: 60, now: service.clock.now() });
      const stream = short.watchCounts();
      await stream.next();
      await service.passTime(120_000);
      expect(await stream.ended).toMatchObject({
        code: status.UNAUTHENTICATED,
        details: 'the token expired; subscribe again with a new one',
      });
      await eventually(() => service.sizeOf(CountFeed), 0);
    });

    it('end with UNAVAILABLE when the node is about to stop', async () => {
      const { stream } = await watch();
      const drained = service.all(ConnectionDrainer);
      await Promise.all(drained.map((drainer) => drainer.beforeApplicationShutdown()));
      expect((await stream.ended).code).toBe(status.UNAVAILABLE);
      await eventually(() => service.sizeOf(CountFeed), 0);
    });

    it('count towards the limit of subscriptions, until they end', async () => {
      const open = [];
      for (let i = 0; i < 2 * NODES; i++) open.push(await watch());
      for (let i = 0; i < NODES; i++) await reader.subscribe().beginning();
      expect(await reader.watchCounts().ended).toMatchObject({
        code: status.RESOURCE_EXHAUSTED,
        details: expect.stringMatching('3 subscriptions at once; end one first') as string,
      });
      for (const { stream } of open) stream.cancel();
      await eventually(() => service.sizeOf(CountFeed), 0);
      expect((await watch()).first).toEqual(['all 0: -']);
    });

    it('are sent to several streams, to each the changes that it lacks', async () => {
      await connect('ann', 'a');
      const early = await watch('a');
      await connect('ben', 'a');
      await Promise.all(service.all(PresenceStore).map((store) => store.view.awaitCurrent()));
      const late = await watch('a');
      expect(late.first).toEqual(['a 2: ONLINE 2']);
      await service.passTime(1000);
      expect(await early.next()).toEqual(['a 2: ONLINE 2']);
      await connect('cid', 'a');
      await service.passTime(1000);
      expect(await early.next()).toEqual(['a 3: ONLINE 3']);
      expect(await late.next()).toEqual(['a 3: ONLINE 3']);
    });
  });
});
