import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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

// The hunt for leaks: two worlds, alike but for this. In one the ghost turns invisible and does what it likes; in the
// other it disconnects instead and is not there. Everybody else must not be able to tell which one they are in.

type Happening = readonly [at: number, userId: string, input: Input];

const HIDES_AT = 5000;
const policy = { ...POLICY, reconnectGraceMs: 150 };

/** Everything that everyone but the ghost can learn, after every happening. */
async function observe(
  happenings: readonly Happening[],
  maxOfflineUsers: number,
): Promise<readonly unknown[]> {
  const store = new MemoryPresenceStore({ maxOfflineUsers });
  const seen: unknown[] = [];
  store.onCommit(({ events }) => seen.push(...events));
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
  // What is the same as before says nothing: the happenings of the hidden ghost are no news.
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

/** Together in the order of time; at the same moment in the order given. */
function inOrder(...all: readonly (readonly Happening[])[]): readonly Happening[] {
  return all.flat().toSorted(([a], [b]) => a - b);
}

/** What is not said while hidden: the choice itself, which would end it. */
function staysHidden([, input]: Line): boolean {
  return input.type !== 'setStatus' || input.choice === 'INVISIBLE';
}

/** A choice that a client remembers ends it as well, or begins it. */
function withoutStatus([at, input]: Line): Line {
  if (input.type !== 'connect' || input.remembered === undefined) return [at, input];
  return [at, { ...input, remembered: { ...input.remembered, status: undefined } }];
}

/** What a client remembers is compared with what the user chose while hidden, which is the user's own to see. */
function withoutMemory([at, input]: Line): Line {
  return [at, input.type === 'connect' ? { ...input, remembered: undefined } : input];
}

/** No expiry either: that would end it, too. */
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
    .filter(([, input]) => input.type !== 'setStatus' || input.choice !== 'INVISIBLE')
    .map(withoutStatus),
);

/**
 * The others, and how many who are OFFLINE are remembered. With room for few it shows who is forgotten for whom; then
 * nobody but the ghost is invisible, since of those, too, only so many are remembered when they are away.
 */
const others = fc.oneof(
  fc.record({ max: fc.constant(1000), other: history, third: history }),
  fc.record({ max: fc.constantFrom(1, 2), other: visibly, third: visibly }),
);

/** The ghost up to the moment at which the worlds part. */
function visibleGhost({ channelId, isSpeakerMuted, choice }: Before): Line[] {
  return [
    [4000, connect('g', { isSpeakerMuted })],
    [4100, choose('g', choice, { text: 'here' })],
    ...(channelId === undefined ? [] : [[4200, join('g', channelId)] as const]),
  ];
}

describe('An invisible user', () => {
  it('cannot be told from one who is not connected, whatever it does', async () => {
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
        // What a ghost that is not there would do is tried by nobody, but time passes at the same moments.
        const absent = hidden.map(([at]): Happening => [at, 'nobody', time]);
        const withoutGhost = world([[HIDES_AT, 'ghost', disconnect('g')]], absent);
        expect(await observe(withGhost, max)).toEqual(await observe(withoutGhost, max));
      }),
      { numRuns: 300 },
    );
  });

  it('who comes back cannot be told from one who connects, nor what it did before', async () => {
    await fc.assert(
      fc.asyncProperty(
        ghosts,
        history.map((lines) => lines.map(withoutMemory)),
        others,
        async (ghost, later, { max, other }) => {
          // When the longest history is over.
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
          const hidden = happeningsOf('ghost', ghost.whileHidden, HIDES_AT);
          const allSessions = [...new Set(hidden.map(([, , input]) => sessionOf(input)))];
          const withGhost = world(
            [[HIDES_AT, 'ghost', choose('g', 'INVISIBLE')]],
            hidden,
            // At last it has the one session that it shows on returning.
            ['g', ...allSessions].map((id) => [80_000, 'ghost', disconnect(id)]),
            [
              [90_000, 'ghost', connect('g2', mutes)],
              [90_001, 'ghost', leave('g2')],
              // It turns idle unseen before the moment at which it returns, since a version tells milliseconds apart.
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
      { numRuns: 300 },
    );
  });
});

function sessionOf(input: Input): string {
  return 'sessionId' in input ? (input.sessionId ?? '') : '';
}
