import { describe, expect, it } from 'vitest';
import fc from '../../../test/support/seeded-fast-check.js';
import { history, policies, stepsOf } from '../../../test/support/histories.js';
import { connect, given, POLICY } from '../../../test/support/play.js';
import type { Input } from '../../domain/input.js';
import { step } from '../../domain/step.js';
import { changesViewers } from '../../domain/visibility.js';
import { decodeMessage, encodeCommit } from './log-batch.js';

describe('An entry of the log', () => {
  it('gives a node of the version before only the changes and reasons that it knows', () => {
    const before = given([1, connect('a')]).user;
    const setStatus = {
      type: 'setStatus',
      sessionId: undefined,
      choice: 'AWAY',
      statusText: '',
      expiresAt: undefined,
    } as const;
    const changes = {
      set: new Map([['doc', 'plan']]),
      remove: [],
      expiresAt: undefined,
      field: 'set',
    } as const;
    const setAttributes = { type: 'setAttributes', sessionId: 'a', changes } as const;
    const knownOf = (input: Input): unknown => {
      const [, rest] = encodeCommit(before, step(before, input, 2, POLICY));
      const [, , [, , known]] = JSON.parse(`[${rest}]`) as [
        string,
        number,
        [number, null, unknown],
      ];
      return known;
    };
    expect(knownOf(setStatus)).toEqual([
      ['REQUESTED', { kind: 'USER_STATUS_CHANGED', previousStatus: 'ONLINE' }],
    ]);
    expect(knownOf({ ...setAttributes, isPassive: true })).toEqual([]);
  });

  it('decodes the commit that was encoded, after it was published in a batch', () => {
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
            mayLackAccess: false,
            isRepair: false,
            // A commit that no viewer can see does not say it.
            ...(made.events.length > 0 || changesViewers(before, made.user)
              ? { occurredAt: made.occurredAt, cause: made.cause }
              : { occurredAt: undefined, cause: 'UNKNOWN' }),
          });
          expect(batch.before).toEqual({ epoch: 'epoch', seq: 41, token: 'prev' });
          expect(batch.after).toEqual({ epoch: 'epoch', seq: 42, token: 'token' });
        }
      }),
    );
  });
});
