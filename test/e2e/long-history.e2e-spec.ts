import { randomBytes } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, inject, it } from 'vitest';
import type { FixedLimits } from '../../src/config/fixed-limits.js';
import { Keys } from '../../src/store/redis/keys.js';
import { PresenceEventKind, Sync } from '../../src/api/generated/presence/v1/events_service.pb.js';
import { channelChange } from '../support/changes.js';
import type { Client } from '../support/client.js';
import { Service } from '../support/service.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';

const SMALL_LOG = 20;
/** Users of several partitions. */
const USERS = Array.from({ length: 6 }, (_, i) => `user-${i}`);

describe('A subscriber that was away for longer than the event log of a node reaches', () => {
  let service: Service;
  let prefix: string;
  let watcher: Client;
  let writers: readonly (() => Promise<unknown>)[];
  /** The channel of each user, as the subscriber knows it. */
  let channels: Map<string, string | undefined>;
  let joined: Map<string, string>;
  afterEach(() => service.stop());

  async function start(
    fixed: Partial<FixedLimits> = {},
    known = `long-${randomBytes(6).toString('hex')}:`,
  ) {
    prefix = known;
    const settings = { REDIS_KEY_PREFIX: prefix, MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '100' };
    service = await Service.start(settings, { fixed: { eventLogSize: SMALL_LOG, ...fixed } });
    watcher = await service.client('watcher');
  }

  async function startWriting(): Promise<void> {
    writers = await Promise.all(
      USERS.map(async (userId) => {
        const client = await service.client(userId);
        const { sessionId } = await client.connect();
        let count = 0;
        return () => {
          const channelId = `${userId}-${count++}`;
          return client.joinChannel({ sessionId, channelId });
        };
      }),
    );
    channels = new Map();
    joined = new Map();
  }

  async function write(times: number): Promise<void> {
    for (let i = 0; i < times; i++) await Promise.all(writers.map((join) => join()));
  }

  /** Reads until the subscriber is up to date. Fails if it misses a change or receives one twice. */
  async function follow(resumeToken: string): Promise<string> {
    const subscribe = (): SubscriptionReader =>
      watcher.subscribe({ resumeToken: token, skipSnapshot: true });
    let token = resumeToken;
    let stream = subscribe();
    for (let isCurrent = false; !isCurrent;) {
      const message = await stream.next().catch(async () => {
        expect(status[(await stream.ended).code]).toBe('UNAVAILABLE');
        return undefined;
      });
      if (message === undefined) {
        stream = subscribe();
        continue;
      }
      expect(message.sync).not.toBe(Sync.SYNC_RESET);
      for (const { presence, change } of message.events) {
        const { userId, currentChannelId } = presence!;
        if (change?.$case !== 'userChannelChanged') continue;
        const value = channelChange(channels.get(userId), currentChannelId);
        expect(change).toEqual({ $case: 'userChannelChanged', value });
        channels.set(userId, currentChannelId);
        // The users leave when the service stops.
        if (currentChannelId !== undefined) joined.set(userId, currentChannelId);
      }
      token = message.resumeToken || token;
      isCurrent = message.sync === Sync.SYNC_CURRENT;
    }
    stream.cancel();
    return token;
  }

  async function tokenNow(): Promise<string> {
    const stream = watcher.subscribe({ skipSnapshot: true });
    const { resumeToken } = await stream.beginning();
    stream.cancel();
    return resumeToken;
  }

  const written = (count: number): Map<string, string> =>
    new Map(USERS.map((userId) => [userId, `${userId}-${count - 1}`]));

  const withRedis = async (work: (redis: Redis) => Promise<unknown>): Promise<void> => {
    const redis = new Redis(inject('redisUrl'));
    await work(redis);
    redis.disconnect();
  };

  it('receives each change once, also those that are committed meanwhile, over many breaks', async () => {
    await start();
    await startWriting();
    let token = await tokenNow();
    let count = 0;
    for (let breaks = 0; breaks < 5; breaks++) {
      await write(10);
      const [next] = await Promise.all([follow(token), write(10)]);
      token = next;
      count += 20;
    }
    await follow(token);
    expect(joined).toEqual(written(count));
  });

  it('receives the missed events after all nodes have restarted', async () => {
    await start();
    await startWriting();
    const token = await tokenNow();
    await write(30);
    await service.stop();
    await start({}, prefix);
    await follow(token);
    expect(joined).toEqual(written(30));
  });

  it('receives only the events that match its filter', async () => {
    await start();
    await startWriting();
    const resumeToken = await tokenNow();
    await write(20);
    const kinds = [PresenceEventKind.PRESENCE_EVENT_KIND_USER_CHANNEL_CHANGED];
    const filter = { userIds: [USERS[1]!], channelIds: [`${USERS[2]}-3`], kinds };
    const stream = watcher.subscribe({ resumeToken, ...filter });
    const { isReset, events } = await stream.beginning();
    expect(isReset).toBe(false);
    const of = (userId: string): unknown[] =>
      events.filter((event) => event.presence?.userId === userId);
    expect(of(USERS[1]!)).toHaveLength(20);
    // It joined the channel, and left it.
    expect(of(USERS[2]!)).toHaveLength(2);
    expect(events).toHaveLength(22);
  });

  it('receives SYNC_RESET if Redis does not have the missed events any more', async () => {
    await start();
    await startWriting();
    const resumeToken = await tokenNow();
    await write(20);
    await withRedis((redis) =>
      Promise.all(new Keys(prefix).partitions.map(({ log }) => redis.xtrim(log, 'MAXLEN', 1))),
    );
    const { isReset, snapshot } = await watcher.subscribe({ resumeToken }).beginning();
    expect(isReset).toBe(true);
    expect(snapshot).toHaveLength(USERS.length);
  });

  it('receives SYNC_RESET if a user was hidden from it in between', async () => {
    await start();
    await startWriting();
    const resumeToken = await tokenNow();
    await write(10);
    const hider = await service.client(USERS[0]!);
    await hider.updateHiddenFrom({ userIds: ['watcher'] });
    await write(10);
    const { isReset, snapshot } = await watcher.subscribe({ resumeToken }).beginning();
    expect(isReset).toBe(true);
    expect(snapshot).toHaveLength(USERS.length - 1);
  });
});
