import type { Decided } from './own-batch.js';
import type { ResyncReason } from './resync-reason.js';
import type { PartitionReplica } from './partition-replica.js';

/** The replies of the script `commit` that report lost data. */
export const LOSSES = {
  EMPTY: 'store_empty',
  UNKNOWN: 'node_unknown',
  FENCED: 'fenced',
  REWOUND: 'writes_lost',
  GAP: 'own_batches_lost',
  LOG: 'log_ahead',
} as const satisfies Record<string, ResyncReason>;

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
