import { describe, expect, it } from 'vitest';
import fc from '../../test/support/seeded-fast-check.js';
import { history, policies } from '../../test/support/histories.js';
import {
  choose,
  connect,
  disconnect,
  continueWith,
  join,
  leave,
  mute,
  given,
  POLICY,
  type Line,
} from '../../test/support/play.js';
import { NO_ACCESS_RULES } from './access-rules.js';
import { NO_CHOICES } from './choice-versions.js';
import { reconcile } from './reconcile.js';
import { RejectedError } from './rejected-error.js';
import { step } from './step.js';
import { newUser, type User } from './user.js';

const NOW = 1000;
const nobody = newUser('alice');

function reconciled(known: User, stored: User, node = 'node-1'): User {
  return reconcile(known, stored, node, NOW, POLICY);
}

describe('A user whose stored state was lost', () => {
  const { user: known } = given([0, connect('a')], [1, join('a', 'lobby')]);

  it('is restored completely from the replicas', () => {
    expect(reconciled(known, nobody)).toBe(known);
    expect(reconciled(known, nobody, 'node-2')).toBe(known);
  });

  it('is as stored if the stored state is newer', () => {
    const { user: stored } = continueWith(known, [[2, join('a', 'kitchen')]]);
    expect(reconciled(known, stored)).toBe(stored);
  });

  it('is as stored if nothing was lost', () => {
    expect(reconciled(known, { ...known }).own).toBe(known.own);
  });

  it('stays INVISIBLE', () => {
    const { user: hidden } = continueWith(known, [[2, choose('a', 'INVISIBLE')]]);
    const { user: returned } = given([1, connect('b')]);
    expect(reconciled(hidden, returned).shown.status).toBe('OFFLINE');
  });
});

describe('Choices of a user whose stored state lost some of them', () => {
  const { user: before } = given(
    [0, connect('a')],
    [1, join('a', 'lobby')],
    [2, choose('a', 'AWAY', { text: 'lunch' })],
  );
  const [mutedLater, leftEarlier] = [
    continueWith(before, [[20, mute('a', { microphone: true })]]).user,
    continueWith(before, [[10, leave('a')]]).user,
  ];

  it('are the newest of each kind, on either side', () => {
    for (const [known, stored] of [
      [mutedLater, leftEarlier],
      [leftEarlier, mutedLater],
    ] as const) {
      const after = reconciled(known, stored);
      expect(after.own).toMatchObject({
        status: 'AWAY',
        isMicrophoneMuted: true,
        channelId: undefined,
      });
      expect(after.choiceVersions).toEqual({
        ...before.choiceVersions,
        microphone: 20_000,
        channel: 10_000,
      });
      expect(reconciled(after, after)).toBe(after);
    }
  });

  it('stay INVISIBLE although another choice is newer', () => {
    const { user: hidden } = continueWith(before, [[10, choose('a', 'INVISIBLE')]]);
    const after = reconciled(hidden, mutedLater);
    expect(after.shown.status).toBe('OFFLINE');
    expect(after.own.isMicrophoneMuted).toBe(true);
  });

  it('are kept if only a command without changes was lost', () => {
    const { user: again } = continueWith(before, [[10, choose('a', 'AWAY', { text: 'lunch' })]]);
    expect(reconciled(again, before).choiceVersions.status).toBe(10_000);
  });
});

describe('Access rules of a user whose stored state lost some of them', () => {
  // Issued after the moments of the revocations below.
  const token = { groups: [], issuedAt: 1, mayJoin: undefined };
  const { user: online } = given([0, connect('a', { token })]);
  const hiding = { presence: undefined, endedAt: 5, endedVersion: 6 };

  /** The user after commands that set the list of viewers and the revocation. */
  function withRules(
    user: User,
    viewerIds: readonly string[],
    version: number | undefined,
    tokensValidFrom: number | undefined,
  ): User {
    const hiddenFrom = new Map(viewerIds.map((viewerId) => [viewerId, hiding]));
    const choiceVersions = version === undefined ? NO_CHOICES : { hiding: version };
    return { ...user, choiceVersions, accessRules: { hiddenFrom, tokensValidFrom } };
  }

  const { user: later } = continueWith(online, [[9, join('a', 'lobby')]]);

  it('are those of the last list and the last revocation, on either side', () => {
    for (const [known, stored] of [
      [withRules(later, ['bob'], 1, 20), withRules(online, ['carol'], 2, 10)],
      [withRules(online, ['carol'], 2, 10), withRules(later, ['bob'], 1, 20)],
    ] as const) {
      const after = reconciled(known, stored);
      expect([...after.accessRules.hiddenFrom.keys()]).toEqual(['carol']);
      expect(after.accessRules.tokensValidFrom).toBe(20);
      expect(after.choiceVersions.hiding).toBe(2);
      expect(reconciled(after, after)).toBe(after);
    }
  });

  it('are kept if Redis lost the complete user, also one who was never connected', () => {
    for (const user of [online, nobody]) {
      const after = reconciled(withRules(user, ['bob'], 1, 10), nobody);
      expect([...after.accessRules.hiddenFrom.keys()]).toEqual(['bob']);
      expect(after.accessRules.tokensValidFrom).toBe(10);
    }
    expect(reconciled(withRules(nobody, [], undefined, 10), nobody).accessRules).toMatchObject({
      tokensValidFrom: 10,
    });
  });

  it('stay an empty list after the last command emptied it', () => {
    const after = reconciled(
      withRules(later, ['bob'], 1, undefined),
      withRules(online, [], 2, undefined),
    );
    expect(after.accessRules).toBe(NO_ACCESS_RULES);
  });
});

describe('A session', () => {
  const { user: both } = given(
    [0, connect('a', { node: 'node-1', platform: 'web' })],
    [1, connect('b', { node: 'node-2' })],
    [2, join('a', 'lobby')],
  );
  const ids = ({ sessions }: User): string[] => sessions.map(({ sessionId }) => sessionId);

  it('of this node is restored, with its channel', () => {
    const { user: stored } = continueWith(both, [[3, disconnect('a')]]);
    const after = reconciled(both, stored);
    expect(ids(after)).toEqual(['a', 'b']);
    expect(after.own).toMatchObject({ channelId: 'lobby', platforms: ['desktop', 'web'] });
    expect(after.own.version).toBeGreaterThan(stored.own.version);
  });

  it('of another node is not restored, because that node knows its state', () => {
    const { user: stored } = continueWith(both, [[3, disconnect('b')]]);
    expect(reconciled(both, stored)).toBe(stored);
  });

  it('that has ended on this node is removed', () => {
    const { user: known } = continueWith(both, [[3, disconnect('a')]]);
    expect(ids(reconciled(known, both))).toEqual(['b']);
  });
});

describe('Reconciling', () => {
  it('changes nothing if nothing was lost, whatever happened before', () => {
    fc.assert(
      fc.property(history, policies, (lines, policy) => {
        const user = lines.reduce(
          (before, [at, input]: Line) => tried(() => step(before, input, at, policy).user, before),
          newUser('alice'),
        );
        expect(reconcile(user, user, 'node-1', NOW, policy)).toBe(user);
        expect(reconcile(user, newUser('alice'), 'node-1', NOW, policy).own).toEqual(user.own);
      }),
    );
  });
});

function tried<T>(attempt: () => T, fallback: T): T {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof RejectedError) return fallback;
    throw error;
  }
}

describe('A session whose token was revoked', () => {
  it('does not come back from a node that missed the revocation', () => {
    const token = { groups: [], issuedAt: 1, mayJoin: undefined };
    const { user: known } = given([1000, connect('a', { token })]);
    const revoke = { type: 'revokeTokens', issuedBefore: 1001 } as const;
    const { user: stored } = continueWith(known, [[2000, revoke]]);
    expect(stored.sessions).toEqual([]);
    expect(reconciled(known, stored)).toMatchObject({
      sessions: [],
      shown: { status: 'OFFLINE' },
      accessRules: { tokensValidFrom: 1001 },
    });
    expect(reconciled(stored, known)).toMatchObject({ sessions: [] });
  });
});
