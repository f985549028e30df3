import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useFakeTimers } from '../../test/support/fake-timers.js';
import { EventWorld, HEARTBEAT_MS, eventLines } from '../../test/support/events.js';
import { connect, join } from '../../test/support/play.js';
import { SubscribeResponse, Sync } from '../api/generated/presence/v1/events_service.pb.js';
import { ReadLimit } from '../limits/read-limit.js';

const { SYNC_CURRENT, SYNC_RESET } = Sync;
const EMPTY = SubscribeResponse.decode(new Uint8Array());

let world: EventWorld;
useFakeTimers();

describe('The state that a subscription receives', () => {
  /** Two users, and a reader whose read limit is a burst of four presences and two more per second. */
  beforeEach(async () => {
    world = new EventWorld({ size: 3, presencesPerSecond: 2 });
    await world.happen('ann', connect('a'));
    await world.happen('bob', connect('b'));
  });

  /** Commits so many events that a reader that does not read loses its position. */
  async function overrun(): Promise<void> {
    for (const id of ['lobby', 'attic', 'lobby', 'attic']) await world.happen('ann', join('a', id));
    vi.runAllTimers();
  }

  /** Whether another subscription of the readers' user would be accepted. */
  async function isLetIn(): Promise<boolean> {
    const { rejection, subscription } = await world.subscribe({ skipSnapshot: true });
    subscription?.unsubscribe();
    return rejection === undefined;
  }

  const state = ['ann', 'bob'];
  it.each([
    { at: 'the start', skipSnapshot: false, gives: [state, [SYNC_CURRENT]], costs: 2 },
    { at: 'the start', skipSnapshot: true, gives: [[SYNC_CURRENT]], costs: 0 },
    {
      at: 'a token whose position was dropped',
      skipSnapshot: false,
      gives: [[SYNC_RESET], state, [SYNC_CURRENT]],
      costs: 2,
    },
    {
      at: 'a token whose position was dropped',
      skipSnapshot: true,
      gives: [[SYNC_RESET], [SYNC_CURRENT]],
      costs: 0,
    },
    {
      at: 'the loss of its position',
      skipSnapshot: false,
      gives: [[SYNC_RESET], state, [SYNC_CURRENT]],
      costs: 4,
    },
    {
      at: 'the loss of its position',
      skipSnapshot: true,
      gives: [[SYNC_RESET], [SYNC_CURRENT]],
      costs: 0,
    },
  ])(
    'costs $costs presences at $at, with skip_snapshot $skipSnapshot',
    async ({ at, skipSnapshot, gives, costs }) => {
      const resumeToken = world.log.tokenFor(1);
      const isLate = at === 'the loss of its position';
      await overrun();
      const charge = vi.spyOn(ReadLimit.prototype, 'consume');
      const reader = await world.subscribe(
        {
          latestOnly: true,
          skipSnapshot,
          resumeToken: at === 'a token whose position was dropped' ? resumeToken : '',
        },
        { credits: isLate ? (skipSnapshot ? 1 : 2) : Infinity },
      );
      const before = isLate ? reader.messages.length : 0;
      if (isLate) await overrun();
      reader.letGoOn(Infinity);
      expect(eventLines(reader).slice(before)).toEqual(gives);
      expect(charge.mock.calls.reduce((sum, [, presences]) => sum + presences, 0)).toBe(costs);
      charge.mockRestore();
    },
  );

  it('is charged to the user of a slow reader, who may read nothing more for a while', async () => {
    const reader = await world.subscribe({ latestOnly: true }, { credits: 2 });
    expect(await isLetIn()).toBe(true);
    await overrun();
    reader.letGoOn(Infinity);
    expect(reader.hasBeenReset).toBe(true);
    expect(await isLetIn()).toBe(false);
  });

  it('waits for the read limit of a slow reader, whose stream stays open and is not silent', async () => {
    for (const userId of ['cem', 'dan', 'eva', 'fay']) await world.happen(userId, connect(userId));
    // A snapshot has six presences: the reader may read again when three of them are refilled, after 1.5 s.
    const reader = await world.subscribe({ latestOnly: true }, { credits: 2 });
    await overrun();
    reader.letGoOn(Infinity);
    world.fanOut.runMaintenance();
    expect(reader.messages).toHaveLength(2);
    world.clock.advance(HEARTBEAT_MS);
    world.fanOut.runMaintenance();
    expect(reader.messages.slice(2)).toEqual([EMPTY]);
    world.clock.advance(500);
    world.fanOut.runMaintenance();
    const everyone = ['ann', 'bob', 'cem', 'dan', 'eva', 'fay'];
    expect(eventLines(reader).slice(3)).toEqual([[SYNC_RESET], everyone, [SYNC_CURRENT]]);
    expect(reader.rejection).toBeUndefined();
  });
});
