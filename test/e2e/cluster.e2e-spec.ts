import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { Build } from '../support/built-server.js';
import type { Client } from '../support/client.js';
import { Cluster } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { inWords, statusOf } from '../support/in-words.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';
import { Witness } from '../support/witness.js';

describe('Several nodes', () => {
  let build: Build;
  let cluster: Cluster;
  beforeAll(async () => void (build = await Build.make()));
  afterAll(() => build.remove());

  async function follow(node: number, userId: string): Promise<SubscriptionReader> {
    const watcher = (await cluster.client(node, 'watcher')).subscribe({ userIds: [userId] });
    await watcher.beginning();
    return watcher;
  }

  async function presenceAt(node: number, userId: string) {
    return (await (await cluster.admin(node)).getPresence({ userId })).presence;
  }

  async function sessionIdsAt(node: number, userId: string): Promise<string[]> {
    const { sessions } = await (await cluster.admin(node)).listSessions({ userId });
    return sessions.map(({ sessionId }) => sessionId);
  }

  describe.each([2, 4])('%i of them', (size) => {
    const nodes = Array.from({ length: size }, (_, i) => i);
    beforeAll(async () => void (cluster = await Cluster.start(build, size)));
    afterAll(() => cluster.stop());

    async function nobodyIsOnline(): Promise<void> {
      const admin = await cluster.admin(0);
      await eventually(async () => (await admin.listOnlineUsers()).totalSize, 0);
    }

    it('show a session of one node on all nodes and to all subscribers', async () => {
      const watchers = await Promise.all(nodes.map((node) => follow(node, 'ann')));
      const { sessionId, started, stream } = await (await cluster.client(0, 'ann')).connect();
      for (const node of nodes) {
        expect(await presenceAt(node, 'ann')).toEqual(started.presence);
        expect(await sessionIdsAt(node, 'ann')).toEqual([sessionId]);
        expect((await (await cluster.admin(node)).listOnlineUsers()).totalSize).toBe(1);
      }
      stream.cancel();
      for (const watcher of watchers) {
        const [online, offline] = await watcher.nextEvents(2);
        expect(online?.presence).toEqual(started.presence);
        expect([online!, offline!].map(inWords)).toEqual([
          'userOnline CONNECTED',
          'userOffline DISCONNECTED',
        ]);
      }
      await nobodyIsOnline();
    });

    it('accept the commands of a session on any node and lose none', async () => {
      const { sessionId, stream } = await (await cluster.client(0, 'ann')).connect();
      const watcher = await follow(size - 1, 'ann');
      const anns: Client[] = await Promise.all(nodes.map((node) => cluster.client(node, 'ann')));
      const texts = Array.from({ length: 5 * size }, (_, i) => `text ${i}`);
      for (const [i, statusText] of texts.entries()) {
        const choice = StatusChoice.STATUS_CHOICE_AUTOMATIC;
        await anns[i % size]!.updateStatus({ sessionId, choice, statusText });
      }
      const events = await watcher.nextEvents(texts.length);
      expect(events.map(({ presence }) => presence?.statusText)).toEqual(texts);
      await Promise.all(anns.map((ann, i) => ann.joinChannel({ sessionId, channelId: `${i}` })));
      const channels = await Promise.all(nodes.map((node) => presenceAt(node, 'ann')));
      expect(new Set(channels.map((presence) => presence?.currentChannelId)).size).toBe(1);
      stream.cancel();
      await nobodyIsOnline();
    });

    it('end a stream when its session is ended on another', async () => {
      const { sessionId, stream } = await (await cluster.client(0, 'ann')).connect();
      await (await cluster.client(size - 1, 'ann')).endSession({ sessionId });
      expect(status[(await stream.ended).code]).toBe('ABORTED');
      for (const node of nodes) expect(await sessionIdsAt(node, 'ann')).toEqual([]);
    });
  });

  describe('two of them', () => {
    afterEach(() => cluster.stop());

    describe('with one killed node', () => {
      it('announce its users OFFLINE because of NODE_LOST', async () => {
        cluster = await Cluster.start(build, 2);
        const watcher = await follow(1, 'ann');
        await (await cluster.client(0, 'ann')).connect();
        expect(inWords(await watcher.nextEvent())).toBe('userOnline CONNECTED');
        await cluster.nodes[0]!.kill();
        expect(inWords(await watcher.nextEvent())).toBe('userOffline NODE_LOST');
        expect(await sessionIdsAt(1, 'ann')).toEqual([]);
      });

      it('never announce a user OFFLINE who has reconnected to another node', async () => {
        cluster = await Cluster.start(build, 2);
        const witness = await Witness.at(await cluster.client(1, 'watcher'));
        const gone = await follow(1, 'bob');
        await (await cluster.client(0, 'ann')).connect();
        await (await cluster.client(0, 'bob')).connect();
        await cluster.nodes[0]!.kill();
        const { sessionId } = await (await cluster.client(1, 'ann')).connect();
        await gone.nextEvents(2);
        await eventually(() => sessionIdsAt(1, 'ann'), [sessionId]);
        expect(await witness.onlineOfflineEvents('ann')).toEqual(['userOnline CONNECTED']);
      });
    });

    it('let a node stop and its clients move without announcing them OFFLINE', async () => {
      cluster = await Cluster.start(build, 2, {
        RECONNECT_GRACE_MS: '20000',
        DRAIN_TIMEOUT_MS: '2000',
      });
      const witness = await Witness.at(await cluster.client(1, 'watcher'));
      const users = ['ann', 'bob', 'cat'];
      const streams = await Promise.all(
        users.map(async (user) => (await (await cluster.client(0, user)).connect()).stream),
      );
      const [leaving] = cluster.nodes;
      leaving!.signal('SIGTERM');
      const sessionIds = await Promise.all(
        users.map(async (user, i) => {
          expect(status[(await streams[i]!.ended).code]).toBe('UNAVAILABLE');
          return (await (await cluster.client(1, user)).connect()).sessionId;
        }),
      );
      expect(await leaving!.exited).toEqual({ code: 0, signal: null });
      for (const [i, user] of users.entries()) {
        expect(await sessionIdsAt(1, user)).toEqual([sessionIds[i]]);
        expect(await witness.onlineOfflineEvents(user)).toEqual(['userOnline CONNECTED']);
      }
    });

    it('continue without a frozen node, and accept it again when it wakes', async () => {
      cluster = await Cluster.start(build, 2);
      const witness = await Witness.at(await cluster.client(1, 'watcher'));
      const gone = await follow(1, 'bob');
      const ann = await (await cluster.client(0, 'ann')).connect();
      const bob = await (await cluster.client(0, 'bob')).connect();
      const [frozen] = cluster.nodes;
      frozen!.signal('SIGSTOP');
      await (await cluster.client(1, 'ann')).connect();
      const events = await gone.nextEvents(2);
      expect(events.map(inWords)).toEqual(['userOnline CONNECTED', 'userOffline NODE_LOST']);
      await eventually(async () => (await sessionIdsAt(1, 'ann')).length, 1);

      frozen!.signal('SIGCONT');
      for (const { stream } of [ann, bob]) {
        expect(status[(await stream.ended).code]).toBe('UNAVAILABLE');
      }
      const { sessionId } = await (await cluster.client(0, 'bob')).connect();
      for (const node of [0, 1]) {
        expect(await sessionIdsAt(node, 'bob')).toEqual([sessionId]);
        expect(await sessionIdsAt(node, 'ann')).toHaveLength(1);
        for (const user of ['ann', 'bob']) {
          expect(statusOf(await presenceAt(node, user))).toBe('ONLINE');
        }
      }
      expect(await witness.onlineOfflineEvents('ann')).toEqual(['userOnline CONNECTED']);
    });
  });
});
