import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tap } from 'rxjs';
import { EventsService } from '../../src/events/events.service.js';
import { FanOut } from '../../src/events/fan-out.js';
import { Delivery } from '../../src/grpc/generated/presence/v1/events_service.pb.js';
import { StatusChoice } from '../../src/grpc/generated/presence/v1/presence_service.pb.js';
import type { Client } from '../support/client.js';
import { Picture, everyoneOnline } from '../support/picture.js';
import { Service } from '../support/service.js';

const { DELIVERY_EVERY_EVENT, DELIVERY_LATEST } = Delivery;

const LOG_SIZE = 1000;

/** Half a kilobyte, so that the windows of a connection are full before long. */
const LONG_TEXT = '\u{1F642}'.repeat(120);

describe('A subscriber that stops reading', () => {
  let service: Service;
  let watcher: Client;
  let writers: Awaited<ReturnType<typeof writer>>[];
  let queued: number;

  beforeEach(async () => {
    service = await Service.start({ EVENT_LOG_SIZE: `${LOG_SIZE}` });
    queued = 0;
    countQueued();
    watcher = await service.client('watcher');
    writers = await Promise.all(Array.from({ length: 10 }, (_, i) => writer(`writer ${i}`)));
  });
  afterEach(() => service.stop());

  async function writer(userId: string) {
    const client = await service.client(userId);
    const { sessionId } = await client.connect();
    let count = 0;
    return {
      userId,
      write: () =>
        client.updateStatus({
          sessionId,
          choice: StatusChoice.STATUS_CHOICE_AUTOMATIC,
          statusText: `${count++} ${LONG_TEXT}`,
        }),
      join: (channelId: string) => client.joinChannel({ sessionId, channelId }),
    };
  }

  /** Counts the messages that are emitted while Nest cannot write them, which is when it puts them into an array. */
  function countQueued(): void {
    const events = service.app.get(EventsService);
    const subscribe = events.subscribe.bind(events);
    vi.spyOn(events, 'subscribe').mockImplementation((caller, options, connection) =>
      subscribe(caller, options, connection).pipe(
        tap(() => {
          if (!connection.isReady) queued++;
        }),
      ),
    );
  }

  /** So many changes of everyone's status, one by one of each and all at once. */
  async function write(changes: number): Promise<void> {
    for (let i = 0; i < changes / writers.length; i++) {
      await Promise.all(writers.map((each) => each.write()));
    }
  }

  describe('with DELIVERY_EVERY_EVENT', () => {
    it('ends with RESOURCE_EXHAUSTED, also at a client that never reads again', async () => {
      const stuck = watcher.subscribe({ delivery: DELIVERY_EVERY_EVENT });
      const { resumeToken } = await stuck.beginning();
      stuck.pause();
      await write(2 * LOG_SIZE);
      expect(status[(await stuck.ended).code]).toBe('RESOURCE_EXHAUSTED');
      expect(service.app.get(FanOut).size).toBe(0);
      expect(queued).toBe(0);
      const { isReset, snapshot } = await watcher.subscribe({ resumeToken }).beginning();
      expect(isReset).toBe(true);
      expect(snapshot).toHaveLength(writers.length);
    });

    it('ends the same way when it follows some users only', async () => {
      const userIds = writers.map(({ userId }) => userId);
      const stuck = watcher.subscribe({ userIds });
      await stuck.beginning();
      stuck.pause();
      await write(2 * LOG_SIZE);
      expect(status[(await stuck.ended).code]).toBe('RESOURCE_EXHAUSTED');
      expect(queued).toBe(0);
    });

    it('ends the same way when it reads nothing from the start on', async () => {
      const strangers = Array.from({ length: 9_900 }, (_, i) => `${i}`.padStart(120, '-'));
      const userIds = [...strangers, ...writers.map(({ userId }) => userId)];
      const stuck = watcher.subscribe({ userIds });
      stuck.pause();
      await write(2 * LOG_SIZE);
      expect(status[(await stuck.ended).code]).toBe('RESOURCE_EXHAUSTED');
      expect(queued).toBe(0);
    });

    it('is told to go on with its last token when it does read what was sent', async () => {
      const stuck = watcher.subscribe();
      await stuck.beginning();
      stuck.pause();
      const fanOut = service.app.get(FanOut);
      for (; fanOut.size > 0; fanOut.upkeep()) await write(writers.length);
      stuck.resume();
      const { code, details } = await stuck.ended;
      expect(status[code]).toBe('RESOURCE_EXHAUSTED');
      expect(details).toMatch(/read too slowly; go on with the last resume_token/);
    });

    it('is given everything, in order, when it reads again in time', async () => {
      const slow = watcher.subscribe();
      await slow.beginning();
      slow.pause();
      await write(LOG_SIZE);
      slow.resume();
      const events = await slow.nextEvents(LOG_SIZE);
      const next = new Map<string, number>();
      for (const { presence } of events) {
        const { userId, statusText } = presence!;
        const count = next.get(userId) ?? 0;
        expect(Number.parseInt(statusText)).toBe(count);
        next.set(userId, count + 1);
      }
      expect(queued).toBe(0);
    });

    it('holds nobody else up', async () => {
      const stuck = watcher.subscribe();
      await stuck.beginning();
      stuck.pause();
      const picture = new Picture((await service.client('reader')).subscribe());
      await picture.untilCurrent();
      for (let i = 0; i < 20; i++) {
        await write(LOG_SIZE / 10);
        await writers[0]!.join(`${i}`);
        await picture.untilIn('writer 0', `${i}`);
      }
      expect(picture.resets).toBe(0);
      expect(picture.online()).toEqual(await everyoneOnline(watcher));
      expect(status[(await stuck.ended).code]).toBe('RESOURCE_EXHAUSTED');
    });
  });

  describe('with DELIVERY_LATEST', () => {
    it.each(['everyone', 'named users'])(
      'never ends, and is shown the latest of everyone and nothing older: %s',
      async (whom) => {
        const userIds = whom === 'everyone' ? [] : writers.map(({ userId }) => userId);
        const stuck = watcher.subscribe({ userIds, delivery: DELIVERY_LATEST });
        let events = 0;
        // The picture itself fails when a version is older than the one before.
        const picture = new Picture(stuck, () => events++);
        await picture.untilCurrent();
        for (let i = 0; i < 3; i++) {
          stuck.pause();
          await write(LOG_SIZE * 0.8);
          await writers[0]!.join(`${i}`);
          stuck.resume();
          await picture.untilIn('writer 0', `${i}`);
          expect(picture.online()).toEqual(await everyoneOnline(watcher));
        }
        expect(picture.resets).toBe(0);
        expect(events).toBeLessThan(3 * LOG_SIZE * 0.8);
        expect(queued).toBe(0);
      },
    );

    it('is given SYNC_RESET and the state when even the log has left it behind', async () => {
      const stuck = watcher.subscribe({ delivery: DELIVERY_LATEST });
      const picture = new Picture(stuck);
      await picture.untilCurrent();
      stuck.pause();
      await write(2 * LOG_SIZE);
      service.app.get(FanOut).upkeep();
      await write(2 * LOG_SIZE);
      await writers[0]!.join('end');
      stuck.resume();
      await picture.untilIn('writer 0', 'end');
      await picture.untilCurrent();
      expect(picture.resets).toBe(1);
      expect(picture.online()).toEqual(await everyoneOnline(watcher));
      expect(queued).toBe(0);
    });

    it('is given every event as long as it reads', async () => {
      const stream = watcher.subscribe({ delivery: DELIVERY_LATEST });
      await stream.beginning();
      for (let i = 0; i < 100; i++) {
        await writers[0]!.join(`${i}`);
        expect((await stream.nextEvent()).presence?.currentChannelId).toBe(`${i}`);
      }
    });
  });
});
