import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { channelChange } from '../support/changes.js';
import type { FixedLimits } from '../../src/config/fixed-limits.js';
import {
  PresenceEventKind,
  Sync,
  type SubscribeRequest,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import type { Client } from '../support/client.js';
import { Picture, everyoneOnline } from '../support/picture.js';
import { Service } from '../support/service.js';

describe('Resuming a subscription', () => {
  let service: Service;
  afterEach(() => service.stop());

  async function start(
    settings: Readonly<Record<string, string>> = {},
    fixed: Partial<FixedLimits> = {},
  ): Promise<void> {
    const all = { MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '100', ...settings };
    service = await Service.start(all, { fixed });
    watcher = await service.client('watcher');
    ann = await user('ann');
  }

  let watcher: Client;
  let ann: Awaited<ReturnType<typeof user>>;

  async function user(userId: string) {
    const client = await service.client(userId);
    const { sessionId } = await client.connect();
    return { client, join: (channelId: string) => client.joinChannel({ sessionId, channelId }) };
  }

  /** Returns a resume token for the current position. */
  async function tokenNow(): Promise<string> {
    const stream = watcher.subscribe({ skipSnapshot: true });
    const { resumeToken } = await stream.beginning();
    stream.cancel();
    return resumeToken;
  }

  async function resume(request: Partial<SubscribeRequest>) {
    const stream = watcher.subscribe(request);
    const { isReset, snapshot, events } = await stream.beginning();
    return {
      stream,
      isReset,
      snapshot: snapshot.map(({ userId }) => userId),
      missed: events.map(({ presence }) => `${presence?.userId} ${presence?.currentChannelId}`),
    };
  }

  describe('at a position that the log has', () => {
    beforeEach(() => start());

    it('begins with the missed events, without a snapshot, and continues', async () => {
      const resumeToken = await tokenNow();
      await ann.join('a');
      await ann.join('b');
      const { stream, ...beginning } = await resume({ resumeToken });
      expect(beginning).toEqual({ isReset: false, snapshot: [], missed: ['ann a', 'ann b'] });
      await ann.join('c');
      expect((await stream.nextEvent()).presence?.currentChannelId).toBe('c');
    });

    it('begins with SYNC_CURRENT at once when nothing was missed', async () => {
      const first = await watcher.subscribe({ resumeToken: await tokenNow() }).next();
      expect(first).toMatchObject({ events: [], snapshot: [], sync: Sync.SYNC_CURRENT });
      expect(first.resumeToken).not.toBe('');
    });

    it('may be done with another filter', async () => {
      const bob = await user('bob');
      const resumeToken = await tokenNow();
      await ann.join('a');
      await bob.join('b');
      await bob.client.listOnlineUsers();
      expect((await resume({ resumeToken, userIds: ['bob'] })).missed).toEqual(['bob b']);
      expect((await resume({ resumeToken, channelIds: ['a'] })).missed).toEqual(['ann a']);
      const kinds = [PresenceEventKind.PRESENCE_EVENT_KIND_USER_OFFLINE];
      expect((await resume({ resumeToken, kinds })).missed).toEqual([]);
    });

    it('may be done by another user, and as often as one likes', async () => {
      const resumeToken = await tokenNow();
      await ann.join('a');
      for (let i = 0; i < 3; i++) {
        const stream = (await service.client(`reader ${i}`)).subscribe({ resumeToken });
        expect((await stream.beginning()).events).toHaveLength(1);
      }
    });

    it.each(['everyone', 'named users'])(
      'loses and repeats nothing over many breaks, following %s',
      async (whom) => {
        const userIds = whom === 'everyone' ? [] : ['ann', 'bob'];
        const users = [ann, await user('bob'), await user('cat')];
        let isOver = false;
        const writing = users.map(async ({ join }) => {
          for (let i = 0; !isOver; i++) await join(`c${i}`);
        });
        let stream = watcher.subscribe({ userIds });
        const { snapshot } = await stream.beginning();
        const channels = new Map(snapshot.map((seen) => [seen.userId, seen.currentChannelId]));
        for (let messages = 1, breaks = 0; breaks < 30; messages++) {
          const message = await stream.next();
          expect(message.sync).not.toBe(Sync.SYNC_RESET);
          for (const { presence, change } of message.events) {
            const { userId, currentChannelId } = presence!;
            const value = channelChange(channels.get(userId), currentChannelId);
            expect(change).toEqual({ $case: 'userChannelChanged', value });
            channels.set(presence!.userId, presence!.currentChannelId);
          }
          const { resumeToken } = message;
          expect(resumeToken).not.toBe('');
          if (messages % 7 !== 0) continue;
          stream.cancel();
          await stream.ended;
          stream = watcher.subscribe({ userIds, resumeToken });
          breaks++;
        }
        isOver = true;
        await Promise.all(writing);
      },
    );

    it('works with a token from a heartbeat', async () => {
      const stream = watcher.subscribe({ userIds: ['nobody'] });
      const everything = watcher.subscribe();
      await Promise.all([stream.beginning(), everything.beginning()]);
      await ann.join('a');
      await everything.nextEvent();
      await service.passTime(15_000);
      const { resumeToken } = await stream.next();
      await ann.join('b');
      expect((await resume({ resumeToken })).missed).toEqual(['ann b']);
    });
  });

  // On several nodes the missed events would come from Redis: see long-history.
  describe('at a position that the log no longer has', () => {
    it('receives SYNC_RESET, then a snapshot', async () => {
      await start({}, { eventLogSize: 3, historyReaders: 0 });
      const resumeToken = await tokenNow();
      for (const channelId of ['a', 'b', 'c', 'd']) await ann.join(channelId);
      const stream = watcher.subscribe({ resumeToken });
      expect(await stream.next()).toMatchObject({ sync: Sync.SYNC_RESET, snapshot: [] });
      expect((await stream.next()).snapshot).toMatchObject([
        { userId: 'ann', currentChannelId: 'd' },
      ]);
      expect(await stream.next()).toMatchObject({ sync: Sync.SYNC_CURRENT, events: [] });
      await ann.join('e');
      expect((await stream.nextEvent()).presence?.currentChannelId).toBe('e');
    });

    it('receives only SYNC_RESET with skip_snapshot', async () => {
      await start({}, { eventLogSize: 3, historyReaders: 0 });
      const resumeToken = await tokenNow();
      for (const channelId of ['a', 'b', 'c', 'd']) await ann.join(channelId);
      const { isReset, snapshot, missed } = await resume({ resumeToken, skipSnapshot: true });
      expect({ isReset, snapshot, missed }).toEqual({ isReset: true, snapshot: [], missed: [] });
    });

    it('holds exactly as many events as the size of the log', async () => {
      await start({}, { eventLogSize: 3, historyReaders: 0 });
      const earlier = await tokenNow();
      await ann.join('a');
      const resumeToken = await tokenNow();
      for (const channelId of ['b', 'c', 'd']) await ann.join(channelId);
      expect((await resume({ resumeToken: earlier })).isReset).toBe(true);
      const { isReset, missed } = await resume({ resumeToken });
      expect(isReset).toBe(false);
      expect(missed).toEqual(['ann b', 'ann c', 'ann d']);
    });

    it('holds an event for EVENT_LOG_MAX_AGE_MS', async () => {
      await start({ EVENT_LOG_MAX_AGE_MS: '60000' }, { historyReaders: 0 });
      const resumeToken = await tokenNow();
      await ann.join('a');
      await service.passTime(59_999);
      expect((await resume({ resumeToken })).missed).toEqual(['ann a']);
      await service.passTime(1);
      expect(await resume({ resumeToken })).toMatchObject({ isReset: true, snapshot: ['ann'] });
    });

    it('keeps a position without newer events for any time', async () => {
      await start({ EVENT_LOG_MAX_AGE_MS: '60000' }, { historyReaders: 0 });
      const resumeToken = await tokenNow();
      await service.passTime(120_000);
      const { isReset, missed } = await resume({ resumeToken, userIds: ['bob'] });
      expect({ isReset, missed }).toEqual({ isReset: false, missed: [] });
    });

    it('is the case after any restart of the service', async () => {
      await start();
      const resumeToken = await tokenNow();
      await service.stop();
      await start();
      const { isReset, snapshot, missed } = await resume({ resumeToken });
      expect({ isReset, snapshot, missed }).toEqual({
        isReset: true,
        snapshot: ['ann'],
        missed: [],
      });
    });

    it('ends with the same state as every other subscriber has', async () => {
      await start({}, { eventLogSize: 10, historyReaders: 0 });
      const bob = await user('bob');
      const picture = new Picture(watcher.subscribe());
      await picture.untilCurrent();
      const { resumeToken } = picture;
      for (let i = 0; i < 20; i++) await bob.join(`c${i}`);
      picture.continueWith(watcher.subscribe({ resumeToken }));
      await picture.untilCurrent();
      expect(picture.resets).toBe(1);
      expect(picture.online()).toEqual(await everyoneOnline(watcher));
    });
  });

  describe('with a token that cannot be decrypted', () => {
    it('is reset as after a restart, without revealing a position', async () => {
      await start();
      const token = await tokenNow();
      await ann.join('a');
      const bytes = Buffer.from(token, 'base64url');
      await user('bob');
      const page = await watcher.listOnlineUsers({ pageSize: 1 });
      const changed = Array.from({ length: 20 }, (_, i) => {
        const copy = Buffer.from(bytes);
        copy[Math.floor((i * bytes.length) / 20)]! ^= 1 << (i % 8);
        return copy.toString('base64url');
      });
      const cut = [bytes.subarray(0, -1), bytes.subarray(1)].map((b) => b.toString('base64url'));
      for (const resumeToken of [...changed, ...cut, page.nextPageToken]) {
        const beginning = await resume({ resumeToken });
        expect(beginning).toMatchObject({ isReset: true, snapshot: ['ann', 'bob'], missed: [] });
        beginning.stream.cancel();
      }
      expect((await resume({ resumeToken: token })).isReset).toBe(false);
    });
  });

  describe('with a malformed token', () => {
    it('is rejected with INVALID_ARGUMENT', async () => {
      await start();
      for (const resumeToken of [
        'token!',
        'AAAAAAAA',
        '.',
        'AAAA',
        'AAAAAAA=',
        `${await tokenNow()}=`,
        ` ${await tokenNow()}`,
        (await tokenNow()).slice(0, 20),
        'AAAAAAA ',
        'AAAAAAA\n',
        ' ',
        'x'.repeat(100_000),
      ]) {
        const { code, details } = await watcher.subscribe({ resumeToken }).ended;
        expect(status[code]).toBe('INVALID_ARGUMENT');
        expect(details).toMatch(/resume_token/);
      }
    });
  });
});
