import { expect, vi } from 'vitest';
import fc, { runs } from './seeded-fast-check.js';
import { EventWorld, type Reader } from './events.js';
import { runEverything, runNext, slowDown } from './fake-timers.js';
import { decode, filterOf } from './log.js';
import {
  choose,
  connect,
  disconnect,
  grantsOf,
  hideFrom,
  join,
  joinToo,
  leave,
  mute,
} from './play.js';
import { grantedIn } from './expected-events.js';
import { restrictedViewer } from './viewers.js';
import type { PresenceEvent as PresenceEventMessage } from '../../src/api/generated/presence/v1/events_service.pb.js';
import { Sync } from '../../src/api/generated/presence/v1/events_service.pb.js';
import {
  PresenceStatus,
  type Presence as PresenceMessage,
} from '../../src/api/generated/presence/v1/presence.pb.js';
import type { Input } from '../../src/domain/input.js';
import { type Presence } from '../../src/domain/presence.js';
import type { PresenceEvent } from '../../src/domain/event.js';
import { unrestrictedViewer, type Viewer } from '../../src/domain/viewer.js';
import type { Filter, Interest } from '../../src/event-log/filter.js';
import { fragmentEncoder } from '../../src/api/event-mapper.js';
import { encodeSnapshot } from '../../src/events/event-encoder.js';
import { collect } from '../../src/events/snapshot.js';
import { Snapshots } from '../../src/events/snapshots.js';

const users = ['ann', 'bob', 'cem'];
const channels = ['attic', 'lobby'];
const groups = ['acme', 'bolt'];

export const viewers: readonly Viewer[] = [
  unrestrictedViewer('ann'),
  unrestrictedViewer('eve'),
  restrictedViewer('bob', { groups: ['acme'], channels: [] }),
  restrictedViewer('eve', { groups: ['acme'], channels: [] }),
  restrictedViewer('eve', { groups: ['bolt'], channels: ['lobby'] }),
  restrictedViewer('eve', { groups: [] }),
  restrictedViewer('eve', { channels: ['lobby'] }),
];

/** The second at which tokens were issued that are never revoked. Those of the subscribers are among them. */
const ISSUED_LATE = 3;

const inputs: fc.Arbitrary<Input> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.subarray(groups), fc.constantFrom(1, ISSUED_LATE))
      .map(([ids, issuedAt]) => connectWith(ids, issuedAt)),
  },
  fc.constantFrom<Input>(
    { type: 'revokeTokens', issuedBefore: 2000 },
    { type: 'forgetRevocation', issuedBefore: 2000 },
  ),
  fc.constantFrom(disconnect('s'), leave('s'), choose('s', 'INVISIBLE'), choose('s', 'AUTOMATIC')),
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      ...channels.flatMap((id) => [join('s', id), joinToo('s', id), leave('s', id)]),
    ),
  },
  fc.boolean().map((speaker) => mute('s', { speaker })),
  { weight: 3, arbitrary: fc.subarray(['ann', 'bob', 'eve']).map((ids) => hideFrom(...ids)) },
);

/** A session with groups. A session that the user has already ends first, so the groups can change. */
function connectWith(groupIds: readonly string[], issuedAt: number): Input {
  const token = { ...grantsOf(...groupIds), issuedAt };
  return connect('s', { token, previousSessionId: 's' });
}

const filters: fc.Arbitrary<Filter> = fc
  .record({
    userIds: fc.subarray(users, { maxLength: 1 }),
    channelIds: fc.subarray(channels, { maxLength: 1 }),
    groupIds: fc.subarray(groups, { maxLength: 1 }),
    kinds: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      fc.subarray(['USER_CHANNEL_CHANGED', 'USER_OFFLINE', 'USER_ONLINE'] as const),
    ),
  })
  .map(filterOf);
export const anyFilter = fc.oneof(fc.constant(filterOf()), filters);

/** A reader of the test, and the number of commits before the state with which it began. */
interface Subscriber {
  readonly reader: Reader;
  readonly viewer: Viewer;
  readonly filter: Filter;
  readonly since: number;
}

export function onWire(event: PresenceEvent): PresenceEventMessage {
  return decode(Buffer.from(fragmentEncoder.event(event))).events[0]!;
}

export function received({ reader }: Subscriber): readonly PresenceEventMessage[] {
  return reader.messages.flatMap(({ events }) => events);
}

/** The presences that a reader knows at the end, beginning with those that it knew before. */
export function beliefOf(reader: Reader, known?: ReadonlyMap<string, PresenceMessage>) {
  const belief = new Map(known);
  for (const { sync, snapshot, events } of reader.messages) {
    if (sync === Sync.SYNC_RESET) belief.clear();
    for (const presence of snapshot) belief.set(presence.userId, presence);
    for (const { presence } of events) belief.set(presence!.userId, presence!);
  }
  return belief;
}

/** Something that happens to the world and to the subscribers. */
type Deed = (world: EventWorld, all: Subscriber[]) => Promise<void> | void;

export const happen: fc.Arbitrary<Deed> = fc
  .record({ userId: fc.constantFrom(...users), input: inputs })
  .map(
    ({ userId, input }) =>
      (world: EventWorld) =>
        world.happen(userId, input),
  );

export const turn: fc.Arbitrary<Deed> = fc.constant(runNext);

export const letGoOn: fc.Arbitrary<Deed> = fc
  .record({ which: fc.nat(), credits: fc.integer({ min: 1, max: 4 }) })
  .map(
    ({ which, credits }) =>
      (_: EventWorld, all: Subscriber[]) =>
        all[which % (all.length || 1)]?.reader.letGoOn(credits),
  );

function subscribing(latestOnly: boolean): fc.Arbitrary<Deed> {
  return fc
    .record({ viewer: fc.constantFrom(...viewers), filter: anyFilter, credits: fc.nat(6) })
    .map(({ viewer, filter, credits }) => async (world: EventWorld, all: Subscriber[]) => {
      all.push(await subscribe(world, viewer, filter, { latestOnly, credits }));
    });
}

export async function subscribe(
  world: EventWorld,
  viewer: Viewer,
  wanted: Filter,
  {
    credits = Infinity,
    ...options
  }: {
    readonly credits?: number;
    readonly latestOnly?: boolean;
    readonly resumeToken?: string;
  } = {},
): Promise<Subscriber> {
  const filter = grantedIn(wanted, viewer);
  const token = { viewer, groups, credits, issuedAt: ISSUED_LATE };
  let since = world.commits.length;
  const { take } = Snapshots.prototype;
  const taken = vi.spyOn(Snapshots.prototype, 'take').mockImplementationOnce(function (
    this: Snapshots,
    asked,
  ) {
    const use: typeof asked.use = (snapshot) => {
      since = world.commits.length;
      return asked.use(snapshot);
    };
    return take.call(this, { ...asked, use });
  });
  const reader = await world.subscribe({ filter, ...options }, token);
  taken.mockRestore();
  return {
    ...{ reader, viewer, filter },
    get since() {
      return since;
    },
  };
}

/** Plays random deeds, and then lets everyone read everything. */
export async function playOut(
  latestOnly: boolean,
  check: (world: EventWorld, subscriber: Subscriber) => void,
): Promise<void> {
  const deeds = fc.oneof(
    { weight: 8, arbitrary: happen },
    { weight: 2, arbitrary: subscribing(latestOnly) },
    { weight: 3, arbitrary: turn },
    { weight: 3, arbitrary: letGoOn },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(deeds, { maxLength: 100, size: 'max' }),
      fc.boolean(),
      async (program, isSlow) => {
        const speedUp = isSlow ? slowDown() : () => {};
        const world = new EventWorld();
        const all: Subscriber[] = [];
        for (const deed of program) await deed(world, all);
        for (const { reader } of all) reader.letGoOn(Infinity);
        await runEverything();
        speedUp();
        for (const subscriber of all) check(world, subscriber);
      },
    ),
    { numRuns: runs(200) },
  );
}

function inMessage(presence: Presence): PresenceMessage {
  return decode(encodeSnapshot([presence])).snapshot[0]!;
}

/** Without what can change without an event: the time of the last activity, and a version without a visible change. */
function announced({ lastActiveAt: _, version: __, ...rest }: PresenceMessage): object {
  return rest;
}

/** Collects a snapshot in one slice. */
function snapshotOf({ store }: EventWorld, interest: Interest): readonly Presence[] {
  const presences = new Map<string, Presence>();
  expect(collect(store.view, interest, presences, { isOver: false }).next().done).toBe(true);
  return [...presences.values()];
}

/** At the end a reader knows what a new subscription would receive, and sees no other user online. */
export function expectTrueBelief(
  world: EventWorld,
  { viewer, filter }: Subscriber,
  belief: ReadonlyMap<string, PresenceMessage>,
): void {
  if (filter.kinds.size > 0) return;
  const snapshot = snapshotOf(world, { viewer, filter });
  for (const presence of snapshot) {
    const told = belief.get(presence.userId);
    if (told === undefined) expect(presence.status).toBe('OFFLINE');
    else expect(announced(told)).toEqual(announced(inMessage(presence)));
  }
  const current = new Set(snapshot.map(({ userId }) => userId));
  for (const { userId, currentChannelId, status } of belief.values()) {
    if (current.has(userId)) continue;
    // A filter on a channel tells that a user leaves it, and nothing afterwards.
    if (filter.channelIds.size > 0) expect(filter.channelIds).not.toContain(currentChannelId);
    else expect(status).toBe(PresenceStatus.PRESENCE_STATUS_OFFLINE);
  }
}
