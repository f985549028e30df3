import { tap } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PresenceStatus } from '../../src/api/generated/presence/v1/presence.pb.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { WatchCountsResponse } from '../../src/api/generated/presence/v1/events_service.pb.js';
import { EventsService } from '../../src/events/events.service.js';
import { Service } from '../support/service.js';

const USERS = 10;
const CHANNELS_PER_USER = 50;
const ROUNDS = 60;

/** Long ids, so that one message fills the flow-control windows of a connection. */
const CHANNEL_IDS = Array.from(
  { length: USERS * CHANNELS_PER_USER },
  (_, i) => `${'\u{1F642}'.repeat(120)} ${i}`,
);

const { STATUS_CHOICE_AWAY, STATUS_CHOICE_AUTOMATIC } = StatusChoice;
const { PRESENCE_STATUS_AWAY, PRESENCE_STATUS_ONLINE } = PresenceStatus;

describe('A reader of counts that stops reading', () => {
  let service: Service;
  let users: readonly ((choice: StatusChoice) => Promise<unknown>)[];
  /** The number of messages that the server has emitted, and of those that it had to queue. */
  let emitted = 0;
  let queued = 0;

  beforeEach(async () => {
    service = await Service.start();
    emitted = queued = 0;
    for (const events of service.all(EventsService)) observe(events);
    users = await Promise.all(Array.from({ length: USERS }, (_, i) => enter(i)));
  });
  afterEach(() => service.stop());

  function observe(events: EventsService): void {
    const watchCounts = events.watchCounts.bind(events);
    vi.spyOn(events, 'watchCounts').mockImplementation((caller, scopes, stream) => {
      return watchCounts(caller, scopes, stream).pipe(
        tap(() => {
          emitted++;
          if (!stream.isReady) queued++;
        }),
      );
    });
  }

  /** Adds a user who is in its own channels. Returns a function that changes its status. */
  async function enter(i: number): Promise<(choice: StatusChoice) => Promise<unknown>> {
    const client = await service.client(`user ${i}`);
    const { sessionId } = await client.connect();
    for (const channelId of CHANNEL_IDS.slice(i * CHANNELS_PER_USER, (i + 1) * CHANNELS_PER_USER))
      await client.joinChannel({ sessionId, channelId, keepOthers: true });
    return (choice) => client.updateStatus({ sessionId, choice });
  }

  /** Changes every count, and lets a second pass, after which the server may send them. */
  async function changeAll(choice: StatusChoice): Promise<void> {
    await Promise.all(users.map((choose) => choose(choice)));
    await service.passTime(1000);
  }

  it('costs the server no messages, and receives the newest counts when it reads again', async () => {
    const reader = await service.client('reader');
    const stream = reader.watchCounts({ channelIds: CHANNEL_IDS });
    const statuses = new Map<string, PresenceStatus | undefined>();
    const take = ({ counts }: WatchCountsResponse): void => {
      for (const { scope, byStatus } of counts) statuses.set(scope!.value, byStatus[0]?.status);
    };
    take(await stream.next());
    stream.pause();
    for (let round = 0; round < ROUNDS; round++)
      await changeAll(round % 2 === 0 ? STATUS_CHOICE_AWAY : STATUS_CHOICE_AUTOMATIC);
    await changeAll(STATUS_CHOICE_AWAY);
    // The windows and buffers of the connection hold fewer, however long the reader does not read.
    expect(emitted).toBeLessThan(ROUNDS / 2);
    expect(queued).toBe(0);

    stream.resume();
    const isNewest = (): boolean =>
      CHANNEL_IDS.every((id) => statuses.get(id) === PRESENCE_STATUS_AWAY);
    while (!isNewest()) take(await stream.next());
    expect(emitted).toBeLessThan(ROUNDS / 2);
    // The stream continues as before.
    await changeAll(STATUS_CHOICE_AUTOMATIC);
    const isOnline = (): boolean =>
      CHANNEL_IDS.every((id) => statuses.get(id) === PRESENCE_STATUS_ONLINE);
    while (!isOnline()) take(await stream.next());
  });
});
