import { describe, expect, it } from 'vitest';
import fc from '../../../test/support/seeded-fast-check.js';
import { history, policies, stepsOf } from '../../../test/support/histories.js';
import { choose, connect, given, join, mute, POLICY } from '../../../test/support/play.js';
import { moderatorMute } from '../../domain/moderator-mute.js';
import { step, type Step } from '../../domain/step.js';
import { isForgotten, type Session, type User } from '../../domain/user.js';
import { decodeMessage, encodeChange, encodeCommit, UnknownUser } from './log-batch.js';
import type { LoggedCommit } from './log-batch.js';
import { formatUser, readUser } from './user-record.codec.js';

const HEAD = 'epoch|41|42|prev|token|';

/** Returns a commit as a node decodes it from a message with changes. `known`: its state of the user before. */
function fromChanges(change: string, known: User | undefined): LoggedCommit {
  return decodeMessage(`|2|${HEAD}[${change}]`)!.entries(() => known)[0]!;
}

function fromLogEntry(before: User, made: Step, known: User): LoggedCommit {
  const [record, rest] = encodeCommit(before, made);
  return decodeMessage(`${HEAD}[[${record},${rest}]]`)!.entries(() => known)[0]!;
}

/** Returns a user as other nodes hold it. */
function stored(user: User): User {
  return readUser(user.userId, JSON.parse(formatUser(user)));
}

const NOW = 1_790_000_000_000;
const online = given(
  [NOW, connect('s', { node: 'n', platform: 'desktop' })],
  [NOW + 1, join('s', 'lobby')],
).user;

describe('The changes of a commit', () => {
  it('lead to the same user and the same events as the log entry', () => {
    let changes = 0;
    fc.assert(
      fc.property(history, policies, (lines, policy) => {
        for (const { before, step: made } of stepsOf(lines, policy)) {
          if (isForgotten(before) || isForgotten(made.user)) continue;
          const change = encodeChange(before, made);
          if (change === undefined) continue;
          changes++;
          const known = stored(before);
          const { occurredAt, cause, ...commit } = fromChanges(change, known);
          const { occurredAt: at, cause: why, ...logged } = fromLogEntry(before, made, known);
          expect(commit).toEqual(logged);
          expect([occurredAt, cause]).toEqual([made.occurredAt, made.cause]);
          // A commit that no viewer can see does not say it in the log.
          if (at !== undefined) expect([at, why]).toEqual([occurredAt, cause]);
        }
      }),
    );
    expect(changes).toBeGreaterThan(100);
  });

  /** Another value for each field, so that a new field fails this test until it is replicated. */
  const sessions: Readonly<Record<keyof Session, unknown>> = {
    sessionId: 't',
    node: 'other',
    platform: 'mobile',
    connectedAt: NOW + 5,
    lastActiveAt: NOW + 6,
    heartbeatDueAt: NOW + 7,
    tokenExpiresAt: NOW + 8,
    graceEndsAt: NOW + 9,
    lostBecause: 'NODE_LOST',
    terms: { idleTimeoutMs: 1, heartbeatTimeoutMs: 2, reconnectGraceMs: 3 },
    succeeds: 'u',
    attributes: new Map([['doc', { value: 'x', version: 3, expiresAt: NOW + 10 }]]),
    groups: ['acme'],
    tokenIssuedAt: 12,
    joinRights: 'rights',
  };
  const presences: Readonly<Record<Exclude<keyof User['own'], 'userId'>, unknown>> = {
    status: 'AWAY',
    statusText: 'text',
    channelId: 'kitchen',
    otherChannelIds: ['attic'],
    isMicrophoneMuted: true,
    isSpeakerMuted: true,
    moderatorMute: moderatorMute(true, false),
    attributes: new Map([['doc', 'x']]),
    connectedAt: NOW + 5,
    lastActiveAt: NOW + 6,
    platforms: ['desktop', 'mobile'],
    version: online.own.version + 1,
  };
  const users: Readonly<
    Record<Exclude<keyof User, 'userId' | 'sessions' | 'own' | 'shown'>, unknown>
  > = {
    channelId: 'kitchen',
    channelSessionId: 't',
    earlierChannels: [{ channelId: 'attic', sessionId: 's', joinedAt: 3 }],
    channelHistory: { clearedAt: 3, joinedAt: 4, left: [{ channelId: 'attic', version: 5 }] },
    isMicrophoneMuted: true,
    isSpeakerMuted: true,
    moderatorMute: moderatorMute(false, true),
    choice: 'AWAY',
    statusText: 'text',
    choiceExpiresAt: NOW + 5,
    visibleSince: NOW + 6,
    choiceVersions: { status: 1, hiding: NOW * 1000 },
    accessRules: {
      hiddenFrom: new Map([['bob', { presence: undefined, endedAt: undefined, endedVersion: 0 }]]),
      tokensValidFrom: 12,
    },
  };

  it.each([
    ...Object.entries(sessions).map(([field, value]) => {
      const changed = { ...online.sessions[0]!, [field]: value };
      return [`session, ${field}`, { ...online, sessions: [changed] }] as const;
    }),
    ...Object.entries(presences).map(([field, value]) => {
      const own = { ...online.own, [field]: value };
      return [`presence, ${field}`, { ...online, own, shown: own }] as const;
    }),
    ...Object.entries(users).map(
      ([field, value]) => [`user, ${field}`, { ...online, [field]: value }] as const,
    ),
  ])('have the field: %s', (_, user: User) => {
    const base = step(online, mute('s', { microphone: true }), NOW + 20, POLICY);
    const made = { ...base, user };
    // The events do not count here: the rules never make such a commit.
    made.events = user.shown.version === online.shown.version ? [] : base.events;
    const change = encodeChange(online, made)!;
    const expected = readUser(user.userId, JSON.parse(formatUser(user)));
    expect(fromChanges(change, stored(online)).user).toEqual(expected);
  });

  it('cannot be applied by a node that does not know the state before', () => {
    const change = encodeChange(
      online,
      step(online, mute('s', { microphone: true }), NOW, POLICY),
    )!;
    expect(() => fromChanges(change, undefined)).toThrow(UnknownUser);
  });

  it('are not sent if the shown presence does not follow from them', () => {
    const invisible = step(online, choose('s', 'INVISIBLE'), NOW + 2, POLICY);
    expect(encodeChange(online, invisible)).toBeUndefined();
    const away = step(invisible.user, choose('s', 'AWAY'), NOW + 3, POLICY);
    expect(encodeChange(invisible.user, away)).toBeUndefined();
  });

  it('of an invisible user leave the shown presence as it is', () => {
    const { user } = step(online, choose('s', 'INVISIBLE'), NOW + 2, POLICY);
    const made = step(user, mute('s', { microphone: true }), NOW + 3, POLICY);
    const commit = fromChanges(encodeChange(user, made)!, stored(user));
    expect(commit.user.shown).toEqual(user.shown);
    expect(commit.user.own.isMicrophoneMuted).toBe(true);
    expect(commit.events).toEqual([]);
  });
});
