import type { Step } from '../../domain/step.js';
import type { User } from '../../domain/user.js';
import type { Batch, LoggedCommit } from './log-batch.js';
import type { ResyncReason } from './partition-reader.js';
import type { PartitionReplica } from './partition-replica.js';

/** A commit that was sent: the state of the user before it, and the intended step. */
export interface Decided {
  readonly before: User;
  readonly step: Step;
  /** See `LoggedCommit`. */
  readonly isRepair: boolean;
}

/** The replies of the script `commit` that report lost data. */
export const LOSSES = {
  EMPTY: 'store_empty',
  UNKNOWN: 'node_unknown',
  FENCED: 'fenced',
  REWOUND: 'writes_lost',
  GAP: 'own_batches_lost',
  LOG: 'log_ahead',
} as const satisfies Record<string, ResyncReason>;

/** The batch as Redis has logged it, built without waiting for its pub/sub message. */
export function batchOf(prepared: readonly Decided[], reply: readonly string[]): Batch {
  const [, epoch, before, after, prev, token, outcomes] = reply as [string, ...string[]];
  const entries = prepared
    .filter((_, nth) => outcomes![nth] === '1')
    .map(({ before: user, step, isRepair }): LoggedCommit => ({
      ...step,
      previousVersion: user.shown.version,
      mayLackAccess: false,
      isRepair,
    }));
  return {
    before: { epoch: epoch!, seq: Number(before), token: prev! },
    after: { epoch: epoch!, seq: Number(after), token: token! },
    isLossMark: false,
    entries: () => entries,
  };
}

/**
 * Whether Redis rejected a revision that its own log, read up to the rejection, names as the stored one. Redis has then
 * lost the record, and retries would never succeed.
 */
export function isContradicted(
  replica: PartitionReplica,
  decided: readonly Decided[],
  outcomes: string,
  revisions: readonly string[],
): boolean {
  return decided.some(
    ({ step }, nth) =>
      outcomes[nth] === '0' && replica.revisionOf(step.user.userId) === revisions[nth],
  );
}
