import { describe, expect, it } from 'vitest';
import fc, { runs } from '../../../test/support/seeded-fast-check.js';
import { history } from '../../../test/support/histories.js';
import {
  choose,
  connect,
  disconnect,
  join,
  leave,
  POLICY,
  time,
  type Line,
} from '../../../test/support/play.js';
import type { Input } from '../../domain/input.js';
import { LISTED_STATUSES } from '../../domain/presence.js';
import { RejectedError } from '../../domain/rejected-error.js';
import { step } from '../../domain/step.js';
import type { PresenceView } from '../presence-view.js';
import { MemoryPresenceStore } from './memory-presence-store.js';

// A search for leaks in two worlds that differ in one point. In one, the ghost becomes invisible and then does
// anything. In the other, it disconnects instead and does nothing. The other users must not be able to distinguish the
// two.

type Happening = readonly [at: number, userId: string, input: Input];

const HIDES_AT = 5000;
const policy = { ...POLICY, reconnectGraceMs: 150 };

/** Everything that everyone except the ghost can observe after each step. */
async function observe(
  happenings: readonly Happening[],
  maxOfflineUsers: number,
): Promise<readonly unknown[]> {
  const store = new MemoryPresenceStore({ maxOfflineUsers });
  const seen: unknown[] = [];
  store.commits.subscribe(({ events }) => seen.push(...events));
  const perform = async (userId: string, input: Input, at: number): Promise<void> => {
    await store
      .update(userId, (user) => step(user, input, at, policy))
      .catch((error: unknown) => {
        if (!(error instanceof RejectedError)) throw error;
      });
  };
  for (const [at, userId, input] of happenings) {
    for (
      let due = await store.claimDue(at, 10);
      due.length > 0;
      due = await store.claimDue(at, 10)
    ) {
      for (const dueId of due.toSorted()) await perform(dueId, time, at);
    }
    await perform(userId, input, at);
    seen.push(lookAt(store.view));
  }
  // A state equal to the previous one carries no information: steps of the hidden ghost are invisible.
  const words = seen.map((sight) => JSON.stringify(sight));
  return words.filter((sight, i) => sight !== words[i - 1]);
}

function lookAt(view: PresenceView): unknown {
  return {
    presences: ['ghost', 'other', 'third'].map((userId) => view.presence(userId)),
    lists: LISTED_STATUSES.map((status) => [...view.listed([status])]),
    counts: [view.countListed(LISTED_STATUSES), view.countListed(['IDLE'])],
    channels: ['lobby', 'kitchen', 'attic'].map((channelId) => [
      view.countMembers(channelId),
      [...view.members(channelId)],
    ]),
  };
}

function happeningsOf(userId: string, lines: readonly Line[], startAt = 0): Happening[] {
  return lines.map(([at, input]) => [at + startAt, userId, input]);
}

/** Merges the steps in order of time. At the same time, the given order applies. */
function inOrder(...all: readonly (readonly Happening[])[]): readonly Happening[] {
  return all.flat().toSorted(([a], [b]) => a - b);
}

/** Whether the ghost stays hidden: another choice of status would make it visible. */
function staysHidden([, input]: Line): boolean {
  return input.type !== 'setStatus' || input.choice === 'INVISIBLE';
}

/** A remembered choice of status would also end or start invisibility. */
function withoutStatus([at, input]: Line): Line {
  if (input.type !== 'connect' || input.remembered === undefined) return [at, input];
  return [at, { ...input, remembered: { ...input.remembered, status: undefined } }];
}

/** A reconnecting client compares its memory with the choices made while hidden, which only the user may see. */
function withoutMemory([at, input]: Line): Line {
  return [at, input.type === 'connect' ? { ...input, remembered: undefined } : input];
}

/** An expiry would also end invisibility. */
function forGood([at, input]: Line): Line {
  return [at, input.type === 'setStatus' ? { ...input, expiresAt: undefined } : input];
}

interface Before {
  readonly channelId: string | undefined;
  readonly isSpeakerMuted: boolean;
  readonly choice: 'AUTOMATIC' | 'AWAY';
}

const before: fc.Arbitrary<Before> = fc.record({
  channelId: fc.option(fc.constantFrom('lobby', 'kitchen'), { nil: undefined }),
  isSpeakerMuted: fc.boolean(),
  choice: fc.constantFrom('AUTOMATIC', 'AWAY'),
});

const ghosts = fc.record({
  before,
  whileHidden: history.map((lines) => lines.filter(staysHidden).map(forGood).map(withoutStatus)),
});

const visibly = history.map((lines) =>
  lines
    .filter(
      ([, input]) =>
        input.type !== 'hideFrom' && (input.type !== 'setStatus' || input.choice !== 'INVISIBLE'),
    )
    .map(withoutStatus),
);

/**
 * The other users, and the number of OFFLINE users to remember. With a small number, the test shows who is evicted for
 * whom. Then only the ghost is invisible or hides, because the store also limits the number of such users without a
 * session.
 */
const others = fc.oneof(
  fc.record({ max: fc.constant(1000), other: history, third: history }),
  fc.record({ max: fc.constantFrom(1, 2), other: visibly, third: visibly }),
);

/** The ghost until the worlds start to differ. */
function visibleGhost({ channelId, isSpeakerMuted, choice }: Before): Line[] {
  return [
    [4000, connect('g', { isSpeakerMuted })],
    [4100, choose('g', choice, { text: 'here' })],
    ...(channelId === undefined ? [] : [[4200, join('g', channelId)] as const]),
  ];
}

describe('An invisible user', () => {
  it('cannot be distinguished from a user who is not connected', async () => {
    await fc.assert(
      fc.asyncProperty(ghosts, others, async (ghost, { max, other, third }) => {
        const world = (...parts: readonly Happening[][]): readonly Happening[] =>
          inOrder(
            happeningsOf('ghost', visibleGhost(ghost.before)),
            ...parts,
            happeningsOf('other', other, 3000),
            happeningsOf('third', third, 4500),
            [[100_000, 'third', time]],
          );
        const hidden = happeningsOf('ghost', ghost.whileHidden, HIDES_AT);
        const withGhost = world([[HIDES_AT, 'ghost', choose('g', 'INVISIBLE')]], hidden);
        // An absent ghost does nothing, but time passes at the same moments.
        const absent = hidden.map(([at]): Happening => [at, 'nobody', time]);
        const withoutGhost = world([[HIDES_AT, 'ghost', disconnect('g')]], absent);
        expect(await observe(withGhost, max)).toEqual(await observe(withoutGhost, max));
      }),
      { numRuns: runs(300) },
    );
  });

  it('cannot be distinguished from a newly connected user when it becomes visible', async () => {
    await fc.assert(
      fc.asyncProperty(
        ghosts,
        history.map((lines) => lines.map(withoutMemory)),
        others,
        async (ghost, later, { max, other }) => {
          // After the end of the longest history.
          const returnsAt = 100_000;
          const mutes = { isMicrophoneMuted: true, isSpeakerMuted: true };
          const again = choose('g2', ghost.before.choice, { text: 'here' });
          const world = (...parts: readonly Happening[][]): readonly Happening[] =>
            inOrder(
              happeningsOf('ghost', visibleGhost(ghost.before)),
              ...parts,
              happeningsOf('ghost', later, returnsAt),
              happeningsOf('other', other, returnsAt),
            );
          // A list of viewers and a revocation would remain after the return.
          const whileHidden = ghost.whileHidden.filter(
            ([, { type }]) => type !== 'hideFrom' && type !== 'revokeTokens',
          );
          const hidden = happeningsOf('ghost', whileHidden, HIDES_AT);
          const allSessions = [...new Set(hidden.map(([, , input]) => sessionOf(input)))];
          const withGhost = world(
            [[HIDES_AT, 'ghost', choose('g', 'INVISIBLE')]],
            hidden,
            // At the end only the session remains that the ghost shows when it returns.
            ['g', ...allSessions].map((id) => [80_000, 'ghost', disconnect(id)]),
            [
              [90_000, 'ghost', connect('g2', mutes)],
              [90_001, 'ghost', leave('g2')],
              // The ghost becomes idle while hidden, before it returns, because the version depends on the millisecond
              // of the change.
              [99_000, 'ghost', time],
              [returnsAt, 'ghost', again],
            ],
          );
          const withoutGhost = world(
            [[HIDES_AT, 'ghost', disconnect('g')]],
            [[returnsAt, 'ghost', connect('g2', mutes)]],
          );
          expect(await observe(withGhost, max)).toEqual(await observe(withoutGhost, max));
        },
      ),
      { numRuns: runs(300) },
    );
  });
});

function sessionOf(input: Input): string {
  return 'sessionId' in input ? (input.sessionId ?? '') : '';
}
