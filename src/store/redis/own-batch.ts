import type { Step } from '../../domain/step.js';
import type { User } from '../../domain/user.js';
import type { Batch, LoggedCommit } from './log-batch.js';

/** A commit that was sent: the state of the user before it, and the intended step. */
export interface Decided {
  readonly before: User;
  readonly step: Step;
  /** See `LoggedCommit`. */
  readonly isRepair: boolean;
}

/** A batch that this node has sent to Redis. */
export interface OwnBatch {
  readonly token: string;
  readonly commits: readonly LoggedCommit[];
}

/** The commits as Redis logs them if it accepts them. */
export function commitsOf(prepared: readonly Decided[]): readonly LoggedCommit[] {
  return prepared.map(({ before, step, isRepair }) => ({
    user: step.user,
    events: step.events,
    ended: step.ended,
    occurredAt: step.occurredAt,
    cause: step.cause,
    previousVersion: before.shown.version,
    mayLackAccess: false,
    isRepair,
  }));
}

/**
 * A batch of this node that arrives by pub/sub, which is before the reply. If Redis has accepted all of its commits, they are
 * known and need not be decoded. Undefined: it is not the batch of this node.
 */
export function ownBatchOf(batch: Batch, own: OwnBatch | undefined): Batch | undefined {
  if (own === undefined || batch.after.token !== own.token) return undefined;
  const isAccepted = batch.after.seq - batch.before.seq === own.commits.length;
  return isAccepted ? { ...batch, entries: () => own.commits } : batch;
}

/** The batch as Redis has logged it, built from the reply. */
export function batchOf({ commits }: OwnBatch, reply: readonly string[]): Batch {
  const [, epoch, before, after, prev, token, outcomes] = reply as [string, ...string[]];
  const entries = commits.filter((_, nth) => outcomes![nth] === '1');
  return {
    before: { epoch: epoch!, seq: Number(before), token: prev! },
    after: { epoch: epoch!, seq: Number(after), token: token! },
    isLossMark: false,
    entries: () => entries,
  };
}
