import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Delivery,
  SubscribeResponse,
  type SubscribeRequest,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Client, OpenSession } from '../support/client.js';
import { Picture, everyoneOnline } from '../support/picture.js';
import { HAS_GIVEN_SEED } from '../support/seed.js';
import { Service } from '../support/service.js';

const USERS = 200;
const SUBSCRIBERS = 50;
const CHANGES = HAS_GIVEN_SEED ? 5000 : 1600;
const CHANNELS = 20;

describe('Fifty subscribers of two hundred users who change all the time', () => {
  let service: Service;
  beforeAll(async () => void (service = await Service.start()));
  afterAll(() => service.stop());

  /** Generates the same pseudo-random numbers in every run. */
  function* numbers(seed = 1): Generator<number, never> {
    for (let state = seed; ;) yield (state = (state * 48_271) % 2_147_483_647);
  }

  class User {
    private session: OpenSession | undefined;

    constructor(private readonly client: Client) {}

    async change(number: number): Promise<void> {
      if (this.session === undefined) {
        this.session = await this.client.connect({ isSpeakerMuted: number % 2 === 0 });
        return;
      }
      const { sessionId, stream } = this.session;
      switch (number % 8) {
        case 0:
          await this.client.endSession({ sessionId });
          await stream.ended;
          this.session = undefined;
          return;
        case 1:
          await this.client.updateMuteState({ sessionId, isMicrophoneMuted: number % 3 === 0 });
          return;
        case 2: {
          // The accepted choices include INVISIBLE.
          const choice = (1 + (number % 4)) as StatusChoice;
          await this.client.updateStatus({ sessionId, choice, statusText: `${number}` });
          return;
        }
        case 3:
          await this.client.leaveChannel({ sessionId });
          return;
        default:
          await this.client.joinChannel({ sessionId, channelId: `c${number % CHANNELS}` });
      }
    }
  }

  /** Each request is used by a fifth of the subscribers. */
  const requests: Partial<SubscribeRequest>[] = [
    {},
    { skipSnapshot: true },
    { delivery: Delivery.DELIVERY_LATEST },
    { userIds: Array.from({ length: USERS / 2 }, (_, i) => `user ${i}`).concat('marker') },
    { channelIds: ['c1', 'c2', 'c3'], userIds: ['marker'] },
  ];

  it('all have the same picture at the end, which is that of the lists', async () => {
    const users = await Promise.all(
      Array.from({ length: USERS }, async (_, i) => new User(await service.client(`user ${i}`))),
    );
    const marker = await service.client('marker');
    const { sessionId } = await marker.connect();
    const subscribers = await Promise.all(
      Array.from({ length: SUBSCRIBERS }, async (_, i) => {
        const client = await service.client(`subscriber ${i}`);
        const request = requests[i % requests.length]!;
        const picture = new Picture(client.subscribe(request));
        await picture.untilCurrent();
        return { request, picture };
      }),
    );
    const reading = subscribers.map(({ picture }) => picture.untilIn('marker', 'the end'));

    const random = numbers();
    await Promise.all(
      users.map(async (user) => {
        for (let i = 0; i < CHANGES / USERS; i++) await user.change(random.next().value);
      }),
    );
    await marker.joinChannel({ sessionId, channelId: 'the end' });
    await Promise.all(reading);

    const everyone = await everyoneOnline(marker);
    expect(everyone.length).toBeGreaterThan(USERS / 4);
    for (const { request, picture } of subscribers) {
      expect(picture.resets).toBe(0);
      if (request.channelIds !== undefined) {
        // A user that left the channels stays in the picture as last seen, which is outside of
        // them.
        for (const channelId of request.channelIds) {
          const inChannel = ({
            currentChannelId,
          }: {
            readonly currentChannelId?: string | undefined;
          }) => currentChannelId === channelId;
          const { presences } = await marker.listChannelMembers({ channelId });
          expect(picture.online().filter(inChannel)).toEqual(presences);
        }
        continue;
      }
      const followed = new Set(request.userIds ?? everyone.map(({ userId }) => userId));
      expect(picture.online()).toEqual(everyone.filter(({ userId }) => followed.has(userId)));
    }
  });
});

describe('Very many changes at one moment', () => {
  let service: Service;
  beforeAll(async () => void (service = await Service.start({ IDLE_TIMEOUT_MS: '60000' })));
  afterAll(() => service.stop());

  it.each(['everyone', 'named users'])(
    'come in several messages, none larger than 256 KiB: %s',
    async (whom) => {
      const userIds = Array.from({ length: 400 }, (_, i) => `${i}`.padStart(128, '\u20ac'));
      const clients = await Promise.all(userIds.map((userId) => service.client(userId)));
      const sessions = await Promise.all(
        clients.map(async (client) => {
          const session = await client.connect();
          await client.joinChannel({ ...session, channelId: 'c'.padEnd(128, '\u20ac') });
          return session;
        }),
      );
      const watcher = await service.client('watcher');
      const stream = watcher.subscribe(whom === 'everyone' ? {} : { userIds });
      await stream.beginning();
      await service.passTime(60_000);
      const idle = new Set<string>();
      while (idle.size < userIds.length) {
        const message = await stream.next();
        const { length } = SubscribeResponse.encode(message).finish();
        expect(length).toBeLessThanOrEqual(256 * 1024);
        for (const { presence } of message.events) idle.add(presence!.userId);
      }
      stream.cancel();
      for (const session of sessions) session.stream.cancel();
    },
  );
});
