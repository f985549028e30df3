import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useFakeTimers } from '../../test/support/fake-timers.js';
import fc, { runs } from '../../test/support/seeded-fast-check.js';
import { EventWorld, eventLines } from '../../test/support/events.js';
import { filterOf } from '../../test/support/log.js';
import {
  choose,
  connect,
  connectWith,
  disconnect,
  hideFrom,
  join,
  joinToo,
  mute,
} from '../../test/support/play.js';
import { restrictedViewer } from '../../test/support/viewers.js';
import type { Input } from '../domain/input.js';
import { unrestrictedViewer } from '../domain/viewer.js';
import type { Filter } from '../event-log/filter.js';

const EVE = unrestrictedViewer('eve');
const ZED = unrestrictedViewer('zed');

let world: EventWorld;
useFakeTimers();
beforeEach(async () => {
  world = new EventWorld({ startsAt: 1_000_000 });
  await happen(connectWith('acme'), join('a', 'lobby'));
});

/** The user ann does something, and all subscribers are served. */
async function happen(...inputs: readonly Input[]): Promise<void> {
  await world.happenAndFlush('ann', ...inputs);
}

describe('A user who hides', () => {
  const filters: Readonly<Record<string, Filter>> = {
    everyone: filterOf(),
    'the user': filterOf({ userIds: ['ann'] }),
    'a channel of the user': filterOf({ channelIds: ['lobby'] }),
    'a group of the user': filterOf({ groupIds: ['acme'] }),
  };

  it.each(Object.entries(filters))(
    'goes OFFLINE at once for a viewer who follows %s, and comes online when it ends',
    async (_, filter) => {
      const reader = await world.subscribed(EVE, { filter }, ['acme']);
      await happen(hideFrom('eve'));
      expect(eventLines(reader)).toEqual([['userChannelChanged', 'userOffline']]);
      await happen(join('a', 'attic'), mute('a', { speaker: true }), choose('a', 'AWAY'));
      expect(reader.messages).toHaveLength(1);
      await happen(join('a', 'lobby'), hideFrom());
      expect(eventLines(reader).slice(1)).toEqual([
        ['userOnline', 'userChannelChanged', 'userMuteStateChanged'],
      ]);
    },
  );

  it.each(Object.entries(filters))(
    'looks to a viewer who follows %s like a user whose session ends',
    async (_, filter) => {
      const other = new EventWorld({ startsAt: 1_000_000 });
      const all = [world, other].map(async (each) => {
        if (each === other) {
          await each.happen('ann', connectWith('acme'));
          await each.happen('ann', join('a', 'lobby'));
          vi.runAllTimers();
        }
        const reader = await each.subscribe({ filter }, { viewer: EVE, groups: ['acme'] });
        await each.happen('ann', each === world ? hideFrom('eve') : disconnect('a'));
        vi.runAllTimers();
        return reader.messages.slice(1).flatMap(({ events }) => events);
      });
      const [hidden, gone] = await Promise.all(all);
      expect(hidden).toEqual(gone);
    },
  );

  it('looks as before to all others, who receive no message at all', async () => {
    const readers = [
      await world.subscribed(ZED),
      await world.subscribed(ZED, { filter: filterOf({ userIds: ['ann'] }) }),
      await world.subscribed(ZED, { filter: filterOf({ channelIds: ['lobby'] }) }),
      await world.subscribed(ZED, { filter: filterOf({ groupIds: ['acme'] }) }, ['acme']),
      await world.subscribed(restrictedViewer('zed', { groups: ['acme'] })),
      await world.subscribed(ZED, { latestOnly: true }),
      await world.subscribed(unrestrictedViewer('ann')),
    ];
    await happen(hideFrom('eve'));
    await happen(hideFrom());
    for (const reader of readers) expect(reader.bytes).toEqual([]);
  });

  it('is sent to others with the same bytes and the same Buffer as without hiding', async () => {
    const [hidden, ...others] = await Promise.all(
      [EVE, ZED, unrestrictedViewer('yan')].map((viewer) => world.subscribed(viewer)),
    );
    await happen(hideFrom('eve'));
    await happen(mute('a', { speaker: true }));
    expect(hidden!.messages).toHaveLength(1);
    expect(others.map(({ messages }) => messages.length)).toEqual([1, 1]);
    expect(others[0]!.bytes[0]).toBe(others[1]!.bytes[0]);
  });

  it('is not in a snapshot of the viewer, except by name as OFFLINE', async () => {
    await happen(hideFrom('eve'));
    const snapshots = await Promise.all(
      Object.values(filters).map(async (filter) => {
        const reader = await world.subscribe({ filter }, { viewer: EVE, groups: ['acme'] });
        return reader.messages.flatMap(({ snapshot }) => snapshot);
      }),
    );
    expect(snapshots.map(({ length }) => length)).toEqual([0, 1, 0, 0]);
    expect(snapshots[1]![0]).toMatchObject({ channelIds: [], connectedAt: undefined });
  });

  it('does not charge the read limit of a viewer that resumes for events that it does not receive', async () => {
    world = new EventWorld({ startsAt: 1_000_000, presencesPerSecond: 10 });
    await happen(connectWith('acme'));
    const readers = [
      await world.subscribe({}, { viewer: EVE }),
      await world.subscribe({}, { viewer: ZED }),
    ];
    const tokens = readers.map(({ lastToken }) => lastToken);
    await happen(hideFrom('eve'));
    for (let i = 0; i < 30; i++) await happen(mute('a', { speaker: i % 2 === 0 }));
    for (const [i, viewer] of [EVE, ZED].entries())
      await world.subscribe({ resumeToken: tokens[i]! }, { viewer });
    expect((await world.subscribe({}, { viewer: EVE })).rejection).toBeUndefined();
    const refused = await world.subscribe({}, { viewer: ZED });
    expect(refused.rejection).toMatchObject({ reason: 'TOO_MANY_PRESENCES' });
  });

  it('leaves earlier events in a stream that the viewer resumes', async () => {
    const resumeToken = world.log.tokenFor(world.log.head);
    await happen(mute('a', { speaker: true }), hideFrom('eve'), mute('a', { speaker: false }));
    const reader = await world.subscribe({ resumeToken }, { viewer: EVE });
    expect(eventLines(reader).slice(0, -1)).toEqual([
      ['userMuteStateChanged', 'userChannelChanged', 'userOffline'],
    ]);
  });
});

describe('A stream of a viewer whom a silent commit does not concern', () => {
  const inputs: fc.Arbitrary<Input> = fc.oneof(
    fc.constantFrom(connect('a'), disconnect('a'), join('a', 'lobby'), joinToo('a', 'attic')),
    fc.boolean().map((speaker) => mute('a', { speaker })),
    fc.subarray(['eve', 'bob'], { minLength: 1 }).map((ids) => hideFrom(...ids)),
    fc.constant(hideFrom()),
  );
  const deeds = fc.array(
    fc.record({
      userId: fc.constantFrom('ann', 'bob'),
      input: inputs,
      isServed: fc.boolean(),
      credits: fc.nat(2),
    }),
    { maxLength: 40, size: 'max' },
  );

  interface Deed {
    readonly userId: string;
    readonly input: Input;
    readonly isServed: boolean;
    /** The number of messages that the slow reader takes then. */
    readonly credits: number;
  }

  /** Returns the sizes and events of all messages. The sizes show every token. */
  async function play(program: Iterable<Deed>, mayHide: boolean) {
    const played = new EventWorld({ startsAt: 1_000_000 });
    const readers = [
      await played.subscribe({}, { viewer: ZED }),
      await played.subscribe({ latestOnly: true }, { viewer: ZED, credits: 3 }),
      await played.subscribe({ filter: filterOf({ channelIds: ['lobby'] }) }, { viewer: ZED }),
    ];
    for (const { userId, input, isServed, credits } of program) {
      if (input.type !== 'hideFrom' || mayHide) await played.happen(userId, input);
      else played.clock.advance(1);
      if (isServed) vi.runAllTimers();
      readers[1]!.letGoOn(credits);
    }
    vi.runAllTimers();
    return readers.map(({ sizes, messages }) => [
      sizes,
      messages.map(({ resumeToken: _, ...rest }) => rest),
    ]);
  }

  it('has the same messages, of the same size, as without that commit', async () => {
    await fc.assert(
      fc.asyncProperty(deeds, async (program) => {
        expect(await play(program, true)).toEqual(await play(program, false));
      }),
      { numRuns: runs(200) },
    );
  });
});
