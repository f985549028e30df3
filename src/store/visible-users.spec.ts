import { describe, expect, it, vi } from 'vitest';
import fc, { runs } from '../../test/support/seeded-fast-check.js';
import { restrictedViewer } from '../../test/support/viewers.js';
import { HIDDEN_FROM_NOBODY } from '../domain/access-rules.js';
import { LISTED_STATUSES, unknownPresence, type Status } from '../domain/presence.js';
import { presenceSeenBy, type Viewed } from '../domain/visibility.js';
import type { Viewer } from '../domain/viewer.js';
import { sumOf } from './presence-reader.js';
import { PresenceView } from './presence-view.js';
import { VisibleUsers } from './visible-users.js';

const userIds = Array.from({ length: 8 }, (_, i) => `user-${i}`);
const frozen = { ...unknownPresence('?'), version: 1 };
const HIDES = new Map([['user-0', { presence: frozen, endedAt: undefined, endedVersion: 0 }]]);

const users: fc.Arbitrary<Viewed> = fc.record({
  shown: fc
    .record({
      userId: fc.constantFrom(...userIds),
      status: fc.constantFrom<Status>(...LISTED_STATUSES, 'OFFLINE'),
      channelId: fc.option(fc.constantFrom('attic', 'lobby'), { nil: undefined }),
    })
    .map(({ userId, status, channelId }) => ({
      ...unknownPresence(userId),
      ...(status !== 'OFFLINE' && { status, channelId, version: 2 }),
    })),
  groups: fc.subarray(['acme', 'bolt']),
  hiddenFrom: fc.constantFrom(HIDDEN_FROM_NOBODY, HIDES),
});

const viewers: readonly Viewer[] = [
  restrictedViewer('user-0', { groups: ['acme'] }),
  restrictedViewer('user-0', { groups: ['acme'], channels: [] }),
  restrictedViewer('user-1', { groups: ['bolt'], channels: ['lobby'] }),
  restrictedViewer('guest', { groups: [], channels: ['attic', 'lobby'] }),
];

class World {
  private readonly known = new Map<string, Viewed>();
  readonly view = new PresenceView(
    () => ({
      shownOf: (userId) => this.known.get(userId)?.shown,
      viewedOf: (userId) => this.known.get(userId),
    }),
    async () => {},
  );

  put(viewed: Viewed): void {
    const { userId } = viewed.shown;
    const shown = unknownPresence(userId);
    const before = this.known.get(userId) ?? { shown, groups: [], hiddenFrom: HIDDEN_FROM_NOBODY };
    const after = viewed.shown.status === 'OFFLINE' ? { ...viewed, groups: [] } : viewed;
    this.known.set(userId, after);
    this.view.update(before, after);
  }

  /** Adds users whom no viewer sees, so that lists are too long for one slice of the event loop. */
  fill(): void {
    for (let i = 0; i < 1200; i++) {
      const shown = { ...unknownPresence(`filler ${i}`), status: 'ONLINE', version: 2 } as const;
      this.put({ shown, groups: ['fillers'], hiddenFrom: HIDDEN_FROM_NOBODY });
    }
  }

  /** The ids of the users with a status whom a viewer sees, computed in a slow but obvious way. */
  listedTo(viewer: Viewer, statuses: readonly Status[]): readonly string[] {
    const seen = [...this.known.values()].map((viewed) => presenceSeenBy(viewer, viewed));
    const listed = seen.filter(({ status }) => status !== 'OFFLINE' && statuses.includes(status));
    return listed.map(({ userId }) => userId).toSorted();
  }
}

describe('The users whom a viewer sees in a large service', () => {
  it('are right at any time, also if users change while they are looked for', async () => {
    const deed = fc.oneof(
      { weight: 5, arbitrary: users.map((put) => ({ put })) },
      fc.constantFrom(...viewers).map((prepare) => ({ prepare })),
      fc.constant({ wait: true }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 40, size: 'max' }), async (deeds) => {
        const world = new World();
        world.fill();
        const preparing: Promise<void>[] = [];
        for (const each of deeds) {
          if ('put' in each) world.put(each.put);
          else if ('prepare' in each) preparing.push(world.view.prepare(each.prepare));
          else await Promise.all(preparing);
        }
        await Promise.all(preparing);
        for (const viewer of viewers) {
          for (const statuses of [LISTED_STATUSES, ['AWAY', 'IDLE']] as const) {
            const expected = world.listedTo(viewer, statuses);
            const reader = world.view.for(viewer);
            expect([...reader.listed(statuses)].map(({ userId }) => userId)).toEqual(expected);
            expect(sumOf(reader.counts, statuses)).toBe(expected.length);
          }
        }
      }),
      { numRuns: runs(200) },
    );
  });

  it('are looked for once for all viewers with equal rights, with other work in between', async () => {
    const world = new World();
    world.fill();
    const [ann, bob] = ['ann', 'bob'].map((id) => restrictedViewer(id, { groups: ['fillers'] }));
    const looks = vi.spyOn(VisibleUsers.prototype, 'add');
    // To look at ten users takes a millisecond.
    const now = vi
      .spyOn(performance, 'now')
      .mockImplementation(() => Math.floor(looks.mock.calls.length / 10));
    let looksBeforeOtherWork = 0;
    setImmediate(() => (looksBeforeOtherWork = looks.mock.calls.length));
    await Promise.all([world.view.prepare(ann!), world.view.prepare(bob!)]);
    await world.view.prepare(ann!);
    expect(looks).toHaveBeenCalledTimes(1200);
    expect(looksBeforeOtherWork).toBe(20);
    expect(world.view.for(bob!).counts.ONLINE).toBe(1200);
    looks.mockRestore();
    now.mockRestore();
  });

  it('are dropped when more users have changed than a new search would visit', async () => {
    const world = new World();
    world.fill();
    const guest = restrictedViewer('guest', { groups: ['acme'] });
    const change = (groups: readonly string[]): void => {
      const shown = { ...unknownPresence('ann'), status: 'ONLINE', version: 2 } as const;
      world.put({ shown, groups, hiddenFrom: HIDDEN_FROM_NOBODY });
    };
    await world.view.prepare(guest);
    const updates = vi.spyOn(VisibleUsers.prototype, 'update');
    for (let i = 0; i < 2000; i++) change(i % 2 === 0 ? ['acme'] : ['bolt']);
    expect(updates.mock.calls.length).toBeLessThan(1100);
    change(['acme']);
    expect(world.view.for(guest).counts.ONLINE).toBe(1);
    updates.mockRestore();
  });
});
