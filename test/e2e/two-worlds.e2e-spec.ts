import { describe, expect, it } from 'vitest';
import fc, { runs } from '../support/seeded-fast-check.js';
import type {
  SubscribeResponse,
  WatchCountsResponse,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Client } from '../support/client.js';
import {
  ALL_ACTIONS,
  becomesInvisible,
  BOB,
  CHANNELS,
  everyMove,
  Ghost,
  HEARTBEAT_MS,
  hides,
  hidesAmongGroups,
  movesWith,
  type Action,
  type Disappearance,
  type Move,
} from '../support/ghost.js';
import { ManualClock } from '../support/manual-clock.js';
import { askAbout, beginningOf, normal, scopesOf, subscriptionsTo } from '../support/observer.js';
import { Service } from '../support/service.js';
import type { StreamReader } from '../support/stream-reader.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';

// Searches for leaks over real connections, with two services that differ in one thing. In one, the
// ghost disappears from the view of an observer and acts. In the other, it disconnects instead. In
// both, the observer makes all queries and receives all events and counts.

const { STATUS_CHOICE_DO_NOT_DISTURB: BUSY } = StatusChoice;

class World {
  private readonly seen: unknown[] = [];
  private markers = 0;

  private constructor(
    private readonly service: Service,
    private readonly kind: Disappearance,
    private readonly ghost: Ghost,
    private readonly bob: Client,
    private readonly bobSessionId: string,
    private readonly eve: Client,
    private readonly admin: Client,
    private readonly readers: readonly SubscriptionReader[],
    private readonly counts: readonly StreamReader<WatchCountsResponse>[],
    private readonly firstToken: string,
  ) {}

  static async begin(startsAt: number, kind: Disappearance): Promise<World> {
    const { settings, token } = kind;
    const service = await Service.start(
      {
        STREAM_HEARTBEAT_INTERVAL_MS: String(HEARTBEAT_MS),
        MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '100',
        ...settings,
      },
      { clock: new ManualClock(startsAt) },
    );
    const [bob, eve] = [await service.client(BOB, token), await service.client('eve', token)];
    const admin = await service.client('admin', { isAdmin: true });
    const { sessionId } = await bob.connect();
    await bob.updateStatus({ sessionId, choice: BUSY });
    const ghost = new Ghost(await service.client('ghost', token));
    await ghost.connect('web');
    await ghost.client.joinChannel({ sessionId: ghost.sessionId, channelId: 'lobby' });
    const groupIds = token.grants?.groups ?? [];
    const readers = subscriptionsTo(['ghost', BOB], CHANNELS, groupIds).map((one) =>
      eve.subscribe(one),
    );
    const [first] = await Promise.all(readers.map((reader) => reader.beginning()));
    const counts = scopesOf(CHANNELS, groupIds).map((scopes) => eve.watchCounts(scopes));
    await Promise.all(counts.map((stream) => stream.next()));
    const { resumeToken } = first!;
    return new World(
      ...([service, kind, ghost, bob, sessionId, eve, admin, readers, counts] as const),
      resumeToken,
    );
  }

  /**
   * Performs the moves while the ghost is hidden or offline, and returns everything that the
   * observers could see.
   */
  async live(life: readonly Move[], isHidden: boolean): Promise<readonly unknown[]> {
    const { sessionId } = this.ghost;
    if (isHidden) await this.kind.happens(this.ghost);
    else await this.ghost.disconnect();
    const ends = await Promise.all(
      this.readers.map((reader) => untilSeen(reader, ({ userId }) => userId === 'ghost')),
    );
    this.seen.push(normal(ends));
    const { resumeToken } = await this.eve.subscribe().beginning();
    for (const [i, move] of life.entries()) {
      await this.happen(move, isHidden);
      const messages = await this.mark();
      // The event of bob's action may share a message with his marker. For every other move, only
      // the marker may appear.
      const merged = messages.map((all) => all.flatMap(({ events }) => normal(events)));
      const heard = move.by === 'bob' ? merged : normal(messages);
      const groupIds = this.kind.token.grants?.groups ?? [];
      const target = { userId: 'ghost', sessionId, channelIds: CHANNELS, groupIds };
      this.seen.push({ i, move, heard, told: await askAbout(this.eve, target) });
      this.seen.push({ i, counted: this.counts.map((stream) => stream.takeArrived()) });
      // An admin may see sessions, by three documented methods, but sees no more of a presence than
      // others do.
      this.seen.push({ i, admin: normal(await this.admin.getPresence({ userId: 'ghost' })) });
      this.seen.push({ i, admin: await beginningOf(this.admin, { userIds: ['ghost'] }) });
    }
    for (const resumed of [{ resumeToken: this.firstToken }, { resumeToken }]) {
      this.seen.push(await beginningOf(this.eve, resumed));
      this.seen.push(await beginningOf(this.eve, { ...resumed, userIds: ['ghost'] }));
    }
    await this.service.stop();
    return this.seen;
  }

  private async happen(move: Move, isHidden: boolean): Promise<void> {
    switch (move.by) {
      case 'ghost':
        // Some actions are rejected.
        if (isHidden) await ALL_ACTIONS[move.does](this.ghost).catch(() => {});
        return;
      case 'bob': {
        const [sessionId, isMicrophoneMuted] = [this.bobSessionId, move.isMuted];
        await this.bob.updateMuteState({ sessionId, isMicrophoneMuted });
        return;
      }
      case 'time':
        return this.service.passTime(move.ms);
      case 'silence':
        await this.service.passTime(HEARTBEAT_MS);
    }
  }

  /**
   * Moves bob to the other channel, and waits until every subscriber has the event and the counts may be sent again.
   * Returns the messages up to that event.
   */
  private async mark(): Promise<readonly SubscribeResponse[][]> {
    const channelId = CHANNELS[++this.markers % 2]!;
    await this.bob.joinChannel({ sessionId: this.bobSessionId, channelId });
    const messages = await Promise.all(
      this.readers.map((reader) =>
        untilSeen(reader, (seen) => seen.userId === BOB && seen.currentChannelId === channelId),
      ),
    );
    await this.service.passTime(1000);
    return messages;
  }
}

/** Returns the messages up to one whose last event passes. */
async function untilSeen(
  reader: SubscriptionReader,
  passes: (seen: {
    readonly userId: string;
    readonly currentChannelId?: string | undefined;
  }) => boolean,
): Promise<SubscribeResponse[]> {
  const messages: SubscribeResponse[] = [];
  for (;;) {
    const message = await reader.next();
    messages.push(message);
    const last = message.events.at(-1)?.presence;
    if (last !== undefined && passes(last)) return messages;
  }
}

describe('A service with a hidden user', () => {
  it.each([
    ['who is invisible', becomesInvisible],
    ['who hides from the observer', hides],
    ['who hides from the observer, where users see their groups', hidesAmongGroups],
  ])(
    'sends exactly the same messages as one whose user has disconnected: one %s',
    async (_who, kind) => {
      const actions = Object.keys(kind.actions) as Action[];
      const lives = fc.array(movesWith(actions), { minLength: 3, maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(lives, async (life) => {
          const startsAt = Date.now();
          const hidden = await (await World.begin(startsAt, kind)).live(life, true);
          const gone = await (await World.begin(startsAt, kind)).live(life, false);
          expect(hidden).toEqual(gone);
        }),
        { numRuns: runs(2), examples: [[everyMove(actions)]], endOnFailure: true },
      );
    },
  );
});
