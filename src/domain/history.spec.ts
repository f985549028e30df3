import { describe, expect, it } from 'vitest';
import fc, { runs } from '../../test/support/seeded-fast-check.js';
import { history, policies, TICK_MS } from '../../test/support/histories.js';
import { attempt, ENOUGH, follow } from '../../test/support/follow.js';
import { continueWith, time, type Line } from '../../test/support/play.js';
import { inputOf, nextDeadline } from './deadlines.js';
import type { Change, PresenceEvent } from './event.js';
import type { Input } from './input.js';
import type { Policy } from './policy.js';
import { unknownPresence, type Presence } from './presence.js';
import { step } from './step.js';
import { newUser, type User } from './user.js';
import { changesViewers } from './visibility.js';

/** Returns the input for a deadline that is due. If none is due, the input changes nothing. */
function dueNow(user: User, now: number, policy: Policy): Input {
  const due = nextDeadline(user, policy);
  return due !== undefined && due.at <= now ? inputOf(due) : time;
}

function withoutActivity({ lastActiveAt: _, ...rest }: Presence): Omit<Presence, 'lastActiveAt'> {
  return rest;
}

/** Returns the values before the change, as far as the event contains them. */
function saidBefore(change: Change): Partial<Presence> {
  switch (change.kind) {
    case 'USER_ONLINE':
      return { status: 'OFFLINE' };
    case 'USER_STATUS_CHANGED':
      return { status: change.previousStatus };
    case 'USER_CHANNEL_CHANGED':
      return { channelId: change.previousChannelId };
    case 'USER_MUTE_STATE_CHANGED':
      return {
        isMicrophoneMuted: change.wasMicrophoneMuted,
        isSpeakerMuted: change.wasSpeakerMuted,
      };
    default:
      return {};
  }
}

describe('In every history', () => {
  it('replaying the events gives exactly the shown presences', () => {
    fc.assert(
      fc.property(history, policies, (lines, policy) => {
        let replayed = unknownPresence('alice');
        follow(lines, policy, (_, { user, events }) => {
          for (const { change } of events) expect(replayed).toMatchObject(saidBefore(change));
          replayed = events.at(-1)?.presence ?? replayed;
          expect(withoutActivity(user.shown)).toEqual(withoutActivity(replayed));
          expect(user.shown.lastActiveAt ?? 0).toBeGreaterThanOrEqual(replayed.lastActiveAt ?? 0);
        });
      }),
      { numRuns: runs(1000) },
    );
  });

  it('the events of a commit are of different kinds, share one presence and are in order', () => {
    fc.assert(
      fc.property(history, policies, (lines, policy) => {
        follow(lines, policy, (_, { events }) => {
          const kinds = events.map(({ change }) => change.kind);
          expect(new Set(kinds).size).toBe(kinds.length);
          expect(new Set(events.map(({ presence }) => presence)).size).toBeLessThanOrEqual(1);
          expect(kinds.indexOf('USER_ONLINE')).toBeLessThanOrEqual(0);
          if (kinds.includes('USER_OFFLINE')) expect(kinds.at(-1)).toBe('USER_OFFLINE');
        });
      }),
    );
  });

  it('versions grow with every commit that has events, and the last activity never goes back', () => {
    fc.assert(
      fc.property(history, policies, (lines, policy) => {
        follow(lines, policy, (before, { user, events }) => {
          if (events.length > 0) {
            expect(user.shown.version).toBeGreaterThan(before.shown.version);
          } else if (changesViewers(before, user)) {
            expect(user.shown.version).toBeGreaterThanOrEqual(before.shown.version);
          } else {
            expect(user.shown.version).toBe(before.shown.version);
          }
          expect(user.own.version).toBeGreaterThanOrEqual(before.own.version);
          for (const view of ['own', 'shown'] as const) {
            const last = before[view].lastActiveAt ?? 0;
            expect(user[view].lastActiveAt ?? 0).toBeGreaterThanOrEqual(last);
          }
        });
      }),
    );
  });

  it('a command that is repeated at once changes nothing', () => {
    fc.assert(
      fc.property(history, policies, (lines, policy) => {
        follow(lines, policy, (_, { user, wakeAt }, [at, input]) => {
          // Each connect creates a new session, and each `time` input processes another deadline.
          if (input.type === 'connect' || input.type === 'time') return;
          // The user is not in the channel any more, so the repeated command is rejected.
          if (input.type === 'moveUser' || input.type === 'removeUser') return;
          const again = step(user, input, at, policy);
          // Only the choice version may differ: the repeated command is the last one now. Others cannot see it.
          const { choiceVersions, channelHistory } = again.user;
          expect(again).toEqual({
            user: { ...user, choiceVersions, channelHistory },
            ...{ occurredAt: at, cause: again.cause },
            events: [],
            ended: [],
            wakeAt,
          });
        });
      }),
    );
  });

  it('a rejected command does not change the user', () => {
    fc.assert(
      fc.property(history, policies, (lines, policy) => {
        let user = newUser('alice');
        for (const line of lines) {
          const before = structuredClone(user);
          const next = attempt(user, line, policy);
          if (next === undefined) expect(user).toEqual(before);
          else ({ user } = next);
        }
      }),
    );
  });

  it('no step changes a user in place', () => {
    fc.assert(
      fc.property(history, policies, (lines, policy) => {
        follow(lines, policy, (before, next, line) => {
          // `continueWith` freezes the user, so a rule that writes to it throws.
          expect(continueWith(before, [line], policy).events).toEqual(next.events);
        });
      }),
    );
  });

  it('an invisible user is OFFLINE to everyone else, and a user without a session also to itself', () => {
    fc.assert(
      fc.property(history, policies, (lines, policy) => {
        follow(lines, policy, (_, { user }) => {
          if (user.choice === 'INVISIBLE') expect(user.shown.status).toBe('OFFLINE');
          else expect(user.shown.status).toBe(user.own.status);
          expect(user.own.status === 'OFFLINE').toBe(user.sessions.length === 0);
        });
      }),
    );
  });
});

describe('Time', () => {
  it('processed only at wakeAt has the same effects as when it is processed at every tick', () => {
    fc.assert(
      fc.property(history, policies, (lines, policy) => {
        const asked: PresenceEvent[] = [];
        let expected = newUser('alice');
        follow(lines, policy, (_, { user, events }) => {
          asked.push(...events);
          expected = user;
        });
        const ticked: PresenceEvent[] = [];
        let user = newUser('alice');
        const take = (line: Line): boolean => {
          const next = attempt(user, line, policy);
          if (next === undefined) return false;
          ticked.push(...next.events);
          const hasChanged = next.user !== user;
          ({ user } = next);
          return hasChanged;
        };
        let now = lines[0]?.[0] ?? 0;
        for (const line of lines) {
          for (; now <= line[0]; now += TICK_MS) {
            for (let dues = 0; take([now, dueNow(user, now, policy)]); dues++) {
              expect(dues).toBeLessThan(ENOUGH);
            }
          }
          take(line);
        }
        expect(ticked).toEqual(asked);
        expect(user).toEqual(expected);
      }),
      { numRuns: runs(300) },
    );
  });

  it('that passed long ago is processed completely in a few steps', () => {
    fc.assert(
      fc.property(history, policies, fc.nat(10_000), (lines, policy, late) => {
        let user = newUser('alice');
        let now = 0;
        for (const line of lines) {
          [now] = line;
          user = attempt(user, line, policy)?.user ?? user;
        }
        // Each session can have a token expiry and a grace; each user can have a status expiry and an idle timeout.
        const enough = 3 * user.sessions.length + 2;
        let steps = 0;
        for (; steps <= enough; steps++) {
          const next = step(user, time, now + late, policy);
          if (next.user === user) break;
          ({ user } = next);
          expect(next.wakeAt === undefined || next.wakeAt >= 0).toBe(true);
        }
        expect(steps).toBeLessThanOrEqual(enough);
        const { wakeAt } = step(user, time, now + late, policy);
        expect(wakeAt === undefined || wakeAt > now + late).toBe(true);
      }),
    );
  });
});
