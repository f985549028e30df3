import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FixedLimits } from '../../src/config/fixed-limits.js';
import { tap } from 'rxjs';
import { EventsService, type SubscriberStream } from '../../src/events/events.service.js';
import { FanOut } from '../../src/events/fan-out.js';
import { Delivery } from '../../src/api/generated/presence/v1/events_service.pb.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { PresenceStore } from '../../src/store/presence-store.js';
import type { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { Picture, everyoneOnline } from '../support/picture.js';
import { Service } from '../support/service.js';

const { DELIVERY_EVERY_EVENT, DELIVERY_LATEST } = Delivery;

const SMALL_LOG = 300;

/** Half a kilobyte, so that the flow-control windows of a connection fill quickly. */
const LONG_TEXT = '\u{1F642}'.repeat(120);

describe('A subscriber that stops reading', () => {
  let service: Service;
  let watcher: Client;
  let writers: Awaited<ReturnType<typeof writer>>[];
  let written: number;
  /** The server side of the last subscription. */
  let connection: SubscriberStream;
  /**
   * The number of messages that were emitted while the stream was not ready. Nest then queues them
   * in an array.
   */
  let queued: number;

  async function start(fixed: Partial<FixedLimits> = {}): Promise<void> {
    service = await Service.start({}, { fixed });
    written = queued = 0;
    observeConnections();
    watcher = await service.client('watcher');
    writers = await Promise.all(Array.from({ length: 10 }, (_, i) => writer(`writer ${i}`)));
  }
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

  function observeConnections(): void {
    for (const events of service.all(EventsService)) {
      const subscribe = events.subscribe.bind(events);
      vi.spyOn(events, 'subscribe').mockImplementation((caller, options, itsConnection) => {
        connection = itsConnection;
        return subscribe(caller, options, itsConnection).pipe(
          tap(() => {
            if (!itsConnection.isReady) queued++;
          }),
        );
      });
    }
  }

  /** Changes the status of all users. */
  async function write(): Promise<void> {
    await Promise.all(writers.map((each) => each.write()));
    written += writers.length;
  }

  async function writeTimes(times: number): Promise<void> {
    for (let i = 0; i < times; i++) await write();
  }

  /** Writes until the stream of the last subscriber accepts nothing more. */
  async function writeUntilStuck(): Promise<void> {
    for (let times = 0; times < 10; times++) {
      await write();
      if (connection.isReady) times = 0;
    }
  }

  /** Writes until the server has closed all subscriptions except `others`. */
  async function writeUntilGivenUp(others = 0): Promise<void> {
    for (; service.sizeOf(FanOut) > others; await service.runIntervals()) await write();
  }

  describe('with DELIVERY_EVERY_EVENT', () => {
    beforeEach(() => start({ eventLogSize: SMALL_LOG, historyReaders: 0 }));

    it('ends with RESOURCE_EXHAUSTED, also at a client that never reads again', async () => {
      const stuck = watcher.subscribe({ delivery: DELIVERY_EVERY_EVENT });
      const { resumeToken } = await stuck.beginning();
      stuck.pause();
      await writeUntilGivenUp();
      expect(status[(await stuck.ended).code]).toBe('RESOURCE_EXHAUSTED');
      expect(queued).toBe(0);
      const { isReset, snapshot } = await watcher.subscribe({ resumeToken }).beginning();
      expect(isReset).toBe(true);
      expect(snapshot).toHaveLength(writers.length);
    });

    it('ends the same way when it follows some users only', async () => {
      const stuck = watcher.subscribe({ userIds: writers.map(({ userId }) => userId) });
      await stuck.beginning();
      stuck.pause();
      await writeUntilGivenUp();
      expect(status[(await stuck.ended).code]).toBe('RESOURCE_EXHAUSTED');
      expect(queued).toBe(0);
    });

    it('ends the same way when it reads nothing from the start on', async () => {
      const strangers = Array.from({ length: 9_900 }, (_, i) => `${i}`.padStart(120, '-'));
      const userIds = [...strangers, ...writers.map(({ userId }) => userId)];
      const stuck = watcher.subscribe({ userIds });
      stuck.pause();
      await eventually(() => service.sizeOf(FanOut), 1);
      await writeUntilGivenUp();
      expect(status[(await stuck.ended).code]).toBe('RESOURCE_EXHAUSTED');
      expect(queued).toBe(0);
    });

    it('ends with an error that refers to its last resume token once it reads again', async () => {
      const stuck = watcher.subscribe();
      await stuck.beginning();
      stuck.pause();
      await writeUntilGivenUp();
      stuck.resume();
      const { code, details } = await stuck.ended;
      expect(status[code]).toBe('RESOURCE_EXHAUSTED');
      expect(details).toMatch(
        /the subscriber reads too slowly; subscribe again with the last resume_token/,
      );
    });

    it('does not delay other subscribers', async () => {
      const picture = new Picture((await service.client('reader')).subscribe());
      await picture.untilCurrent();
      const stuck = watcher.subscribe();
      await stuck.beginning();
      stuck.pause();
      for (let i = 0; service.sizeOf(FanOut) > 1; i++) {
        await writeTimes(5);
        await writers[0]!.join(`${i}`);
        await picture.untilIn('writer 0', `${i}`);
        await service.runIntervals();
      }
      expect(picture.resets).toBe(0);
      expect(picture.online()).toEqual(await everyoneOnline(watcher));
      expect(status[(await stuck.ended).code]).toBe('RESOURCE_EXHAUSTED');
    });
  });

  it('receives everything in order if it reads again in time', async () => {
    await start();
    const slow = watcher.subscribe();
    await slow.beginning();
    slow.pause();
    await writeUntilStuck();
    await writeTimes(20);
    slow.resume();
    const next = new Map<string, number>();
    for (const { presence } of await slow.nextEvents(written)) {
      const { userId, statusText } = presence!;
      const count = next.get(userId) ?? 0;
      expect(Number.parseInt(statusText)).toBe(count);
      next.set(userId, count + 1);
    }
    expect(queued).toBe(0);
  });

  describe('with DELIVERY_LATEST', () => {
    it.each(['everyone', 'named users'])(
      'never ends, and is shown the latest of everyone and nothing older: %s',
      async (whom) => {
        await start();
        const userIds = whom === 'everyone' ? [] : writers.map(({ userId }) => userId);
        const stuck = watcher.subscribe({ userIds, delivery: DELIVERY_LATEST });
        let events = 0;
        // The picture fails if a version is older than the previous one.
        const picture = new Picture(stuck, () => events++);
        await picture.untilCurrent();
        for (let i = 0; i < 3; i++) {
          stuck.pause();
          await writeUntilStuck();
          await writeTimes(20);
          await writers[0]!.join(`${i}`);
          stuck.resume();
          await picture.untilIn('writer 0', `${i}`);
          expect(picture.online()).toEqual(await everyoneOnline(watcher));
        }
        expect(picture.resets).toBe(0);
        expect(events).toBeLessThan(written - 3 * 15 * writers.length);
        expect(queued).toBe(0);
      },
    );

    it('receives SYNC_RESET and a snapshot if the log no longer has its position', async () => {
      await start({ eventLogSize: SMALL_LOG });
      const stuck = watcher.subscribe({ delivery: DELIVERY_LATEST });
      const picture = new Picture(stuck);
      await picture.untilCurrent();
      const listed = service.all(PresenceStore).map(({ view }) => vi.spyOn(view, 'listed'));
      stuck.pause();
      await writeUntilStuck();
      for (let i = 0; i < 3; i++) {
        await writeTimes((1.2 * SMALL_LOG) / writers.length);
        await service.runIntervals();
      }
      await writers[0]!.join('end');
      // The server takes no snapshot for a subscriber that does not read: it would occupy memory,
      // and be outdated when it is sent.
      for (const look of listed) expect(look).not.toHaveBeenCalled();
      stuck.resume();
      await picture.untilIn('writer 0', 'end');
      await picture.untilCurrent();
      expect(picture.resets).toBe(1);
      expect(picture.online()).toEqual(await everyoneOnline(watcher));
      expect(queued).toBe(0);
    });

    it('receives every event while it reads', async () => {
      await start();
      const stream = watcher.subscribe({ delivery: DELIVERY_LATEST });
      await stream.beginning();
      for (let i = 0; i < 100; i++) {
        await writers[0]!.join(`${i}`);
        expect((await stream.nextEvent()).presence?.currentChannelId).toBe(`${i}`);
      }
    });
  });
});
