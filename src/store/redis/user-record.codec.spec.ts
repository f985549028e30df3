import { describe, expect, it } from 'vitest';
import fc from '../../../test/support/seeded-fast-check.js';
import { history, policies } from '../../../test/support/histories.js';
import { choose, connect, join, given, POLICY, type Line } from '../../../test/support/play.js';
import type { Policy } from '../../domain/policy.js';
import { RejectedError } from '../../domain/rejected-error.js';
import { step, type Step } from '../../domain/step.js';
import { newUser, type User } from '../../domain/user.js';
import { encodeCommit, decodeMessage } from './log-batch.js';
import { formatUser, userOf } from './user-record.codec.js';

interface Happened {
  readonly before: User;
  readonly step: Step;
}

/** Every step of a user, with the state before it. */
function stepsOf(lines: readonly Line[], policy: Policy): readonly Happened[] {
  let before = newUser('a|b "ü"');
  const steps: Happened[] = [];
  for (const [at, input] of lines) {
    try {
      const next = step(before, input, at, policy);
      steps.push({ before, step: next });
      before = next.user;
    } catch (error) {
      if (!(error instanceof RejectedError)) throw error;
    }
  }
  return steps;
}

describe('The record of a user', () => {
  it('says all there is to know, whatever has happened', () => {
    fc.assert(
      fc.property(history, policies, (lines, policy) => {
        for (const {
          step: { user },
        } of stepsOf(lines, policy)) {
          const record = formatUser(user);
          const read =
            record === '' ? newUser(user.userId) : userOf(user.userId, JSON.parse(record));
          expect(read).toEqual(user);
          expect(read.own === read.shown).toBe(user.own === user.shown);
        }
      }),
    );
  });

  it('is read as earlier versions wrote it, without timeouts and the reason of a loss', () => {
    const presence = ['ONLINE', '', null, 0, 0, 5, 6, ['web'], 7];
    const session = ['a', 'node', 'web', 5, 6, null, null, 90];
    const user = userOf('ann', [
      [session],
      null,
      0,
      0,
      'AUTOMATIC',
      '',
      null,
      null,
      presence,
      null,
    ]);
    expect(user.sessions).toEqual([
      {
        ...{ sessionId: 'a', node: 'node', platform: 'web', connectedAt: 5, lastActiveAt: 6 },
        graceEndsAt: 90,
      },
    ]);
    const { user: gone, events } = step(user, { type: 'time' }, 90, POLICY);
    expect(gone.sessions).toEqual([]);
    expect(events.map(({ reason }) => reason)).toEqual(['CONNECTION_LOST']);
  });

  it('can be read by a node that does not know its newest parts yet, and by one that misses them', () => {
    const { user } = given(
      [1, connect('a')],
      [2, choose('a', 'AWAY')],
      [3, join('a', 'lobby')],
      [4, connect('b', { previousSessionId: 'a' })],
    );
    const [sessions, ...rest] = JSON.parse(formatUser(user)) as [unknown[][], ...unknown[]];
    const older = [sessions.map((session) => session.slice(0, 8)), ...rest.slice(0, 9)];
    const read = userOf(user.userId, older);
    expect(read.sessions).toEqual(
      user.sessions.map((each) => ({ ...each, terms: undefined, succeeds: undefined })),
    );
    // No choice that a client remembers from the time before that record can be newer.
    const { version } = user.own;
    expect(read).toEqual({
      ...user,
      sessions: read.sessions,
      choiceVersions: { status: version, microphone: version, speaker: version, channel: version },
    });
  });

  it('is empty for somebody the service knows nothing of', () => {
    expect(formatUser(newUser('alice'))).toBe('');
  });
});

describe('An entry of the log', () => {
  it('tells the same events as they were made, over the channel of Redis', () => {
    fc.assert(
      fc.property(history, policies, (lines, policy) => {
        for (const { before, step: made } of stepsOf(lines, policy)) {
          const [record, rest] = encodeCommit(before, made);
          const entries = `[[${record === '' ? 'null' : record},${rest}]]`;
          const batch = decodeMessage(`epoch|41|42|prev|token|${entries}`)!;
          const [entry] = batch.entries();
          expect(entry).toEqual({
            user: made.user,
            events: made.events,
            ended: made.ended,
            previousVersion: before.shown.version,
          });
          expect(batch.before).toEqual({ epoch: 'epoch', seq: 41, token: 'prev' });
          expect(batch.after).toEqual({ epoch: 'epoch', seq: 42, token: 'token' });
        }
      }),
    );
  });
});
