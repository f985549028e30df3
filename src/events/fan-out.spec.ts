import { describe, expect, it, vi } from 'vitest';
import fc, { runs } from '../../test/support/seeded-fast-check.js';
import { EventWorld, nameOf, type Reader } from '../../test/support/events.js';
import { useFakeTimers } from '../../test/support/fake-timers.js';
import { filterOf } from '../../test/support/log.js';
import { connect, disconnect, join, leave, mute } from '../../test/support/play.js';
import type { PresenceEvent } from '../domain/event.js';
import type { Input } from '../domain/input.js';
import { Sync } from '../api/generated/presence/v1/events_service.pb.js';
import type { Presence } from '../api/generated/presence/v1/presence.pb.js';
import type { Filter } from '../event-log/filter.js';

const users = ['ann', 'bob', 'cem', 'dan'];
const channels = ['attic', 'lobby'];

const filters: fc.Arbitrary<Filter> = fc
  .record({
    userIds: fc.subarray(users, { maxLength: 2 }),
    channelIds: fc.subarray(channels, { maxLength: 1 }),
    kinds: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      fc.subarray(['USER_CHANNEL_CHANGED', 'USER_OFFLINE', 'USER_MUTE_STATE_CHANGED'] as const),
    ),
  })
  .map(filterOf);

const inputs: fc.Arbitrary<Input> = fc.oneof(
  fc.constantFrom(connect('s'), disconnect('s'), leave('s')),
  fc.constantFrom(...channels).map((channelId) => join('s', channelId)),
  fc.boolean().map((speaker) => mute('s', { speaker })),
);

interface Action {
  readonly weight: number;
  readonly arbitrary: fc.Arbitrary<(world: EventWorld, readers: Reader[]) => Promise<void> | void>;
}

/** A user does something. Often several actions happen before the next flush. */
const happen: Action = {
  weight: 8,
  arbitrary: fc.record({ userId: fc.constantFrom(...users), input: inputs }).map(
    ({ userId, input }) =>
      (world: EventWorld) =>
        world.happen(userId, input),
  ),
};

/** A reader accepts a few more messages. */
const letGoOn: Action = {
  weight: 3,
  arbitrary: fc
    .record({ reader: fc.nat(), credits: fc.integer({ min: 1, max: 4 }) })
    .map(({ reader, credits }) => (_: EventWorld, readers: Reader[]) => {
      readers[reader % (readers.length || 1)]?.letGoOn(credits);
    }),
};

/** Time passes: a flush runs, or lagging readers are served again. */
const passTime: Action = {
  weight: 3,
  arbitrary: fc.constant(() => void vi.advanceTimersToNextTimer()),
};

const upkeep: Action = {
  weight: 1,
  arbitrary: fc.constant((world: EventWorld) => world.fanOut.runMaintenance()),
};

function subscribe(latestOnly: boolean, all: Map<Reader, Filter>): Action {
  return {
    weight: 1,
    arbitrary: fc
      .record({ filter: filters, credits: fc.nat(6) })
      .map(({ filter, credits }) => async (world: EventWorld, readers: Reader[]) => {
        const reader = await world.subscribe({ filter, latestOnly }, { credits });
        readers.push(reader);
        all.set(reader, filter);
      }),
  };
}

/** Runs a random interleaving to its end, until every reader has received everything. */
async function playOut(
  latestOnly: boolean,
  size: number,
  check: (world: EventWorld, reader: Reader, filter: Filter) => void,
): Promise<void> {
  const all = new Map<Reader, Filter>();
  const actions = fc.array(
    fc.oneof(subscribe(latestOnly, all), happen, letGoOn, passTime, upkeep),
    {
      maxLength: 120,
      size: 'max',
    },
  );
  await fc.assert(
    fc.asyncProperty(actions, async (program) => {
      all.clear();
      const world = new EventWorld({ size });
      const readers: Reader[] = [];
      for (const act of program) await act(world, readers);
      for (const reader of readers) reader.letGoOn(Infinity);
      vi.runAllTimers();
      for (const [reader, filter] of all) check(world, reader, filter);
    }),
    { numRuns: runs(300) },
  );
}

/** A slow and simple implementation of the check whether an event matches a filter. */
function isFor(filter: Filter, { presence, previousChannelId, change }: PresenceEvent): boolean {
  const { userIds, channelIds, kinds } = filter;
  if (kinds.size > 0 && !kinds.has(change.kind)) return false;
  if (userIds.size + channelIds.size === 0) return true;
  const where = [presence.channelId, previousChannelId];
  return userIds.has(presence.userId) || where.some((id) => id !== undefined && channelIds.has(id));
}

function expectedBy(world: EventWorld, reader: Reader, filter: Filter): readonly PresenceEvent[] {
  return world.committed.slice(reader.since).filter((event) => isFor(filter, event));
}

/** Returns all states of users that a reader received, in the order of receipt. */
function receivedStates(reader: Reader): readonly Presence[] {
  return reader.messages.flatMap(({ snapshot, events }) => [
    ...snapshot,
    ...events.map(({ presence }) => presence!),
  ]);
}

/** Returns the state that a reader has at the end. A reset clears the state. */
function stateOf(reader: Reader): ReadonlyMap<string, Presence> {
  const state = new Map<string, Presence>();
  for (const message of reader.messages) {
    if (message.sync === Sync.SYNC_RESET) state.clear();
    for (const presence of message.snapshot) state.set(presence.userId, presence);
    for (const { presence } of message.events) state.set(presence!.userId, presence!);
  }
  return state;
}

describe('A subscriber of every event', () => {
  useFakeTimers();

  it('receives each matching event once and in order', async () => {
    await playOut(false, 1000, (world, reader, filter) => {
      expect(reader.rejection).toBeUndefined();
      expect(reader.events).toEqual(expectedBy(world, reader, filter).map(nameOf));
    });
  });

  it('receives all events that the log still has, and then the error', async () => {
    await playOut(false, 5, (world, reader, filter) => {
      const expected = expectedBy(world, reader, filter).map(nameOf);
      if (reader.rejection === undefined) {
        expect(reader.events).toEqual(expected);
      } else {
        expect(reader.rejection.reason).toBe('SUBSCRIBER_TOO_SLOW');
        expect(reader.events).toEqual(expected.slice(0, reader.events.length));
      }
    });
  });

  it('knows the presence of every user that it follows when it has read everything', async () => {
    await playOut(false, 1000, expectRightState);
  });
});

describe('A subscriber with DELIVERY_LATEST', () => {
  useFakeTimers();

  for (const size of [1000, 5]) {
    it(`never receives an older state after a newer one, and no error (log of ${size})`, async () => {
      await playOut(true, size, (_, reader) => {
        expect(reader.rejection).toBeUndefined();
        const versions = new Map<string, number>();
        for (const { userId, version } of receivedStates(reader)) {
          expect(version).toBeGreaterThanOrEqual(versions.get(userId) ?? 0);
          versions.set(userId, version);
        }
      });
    });

    it(`ends with the latest matching event of each user (log of ${size})`, async () => {
      await playOut(true, size, (world, reader, filter) => {
        if (reader.hasBeenReset) return;
        const latest = new Map<string, string>();
        for (const event of expectedBy(world, reader, filter)) {
          latest.set(event.presence.userId, nameOf(event));
        }
        const last = new Map(reader.events.map((name) => [name.split(' ')[0]!, name]));
        expect(last).toEqual(latest);
      });
    });

    it(`knows the presence of every user that it follows (log of ${size})`, async () => {
      await playOut(true, size, expectRightState);
    });
  }
});

/** Checks a reader of all kinds: at the end its state of every user that it follows must equal the shown presence. */
function expectRightState(world: EventWorld, reader: Reader, filter: Filter): void {
  if (filter.kinds.size > 0) return;
  const state = stateOf(reader);
  const followsAll = filter.userIds.size + filter.channelIds.size === 0;
  for (const userId of users) {
    const { version, status, channelId } = world.store.view.presence(userId);
    const known = state.get(userId);
    const isInSight = channelId !== undefined && filter.channelIds.has(channelId);
    if (filter.userIds.has(userId) || isInSight || (followsAll && status !== 'OFFLINE')) {
      expect(known?.version).toBe(version);
    } else if (known !== undefined && !followsAll) {
      expect(filter.channelIds).not.toContain(known.currentChannelId);
    }
  }
}
