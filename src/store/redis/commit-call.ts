import { encodeChange, encodeCommit, formatRevision, type LogPosition } from './log-batch.js';
import type { Decided } from './own-batch.js';

/** The arguments of the script `commit` besides the commits. */
export interface CommitCall {
  readonly node: string;
  /** The number of the batch, contiguous for each node id. */
  readonly number: number;
  /** The token of the batch. */
  readonly token: string;
  /** The service time in milliseconds. */
  readonly now: number;
  readonly channel: string;
  /** The log position of the replica, and the number of users that Redis holds there. */
  readonly position: LogPosition;
  readonly storedUsers: number;
  /** The revisions of the users at that position. */
  readonly revisions: readonly string[];
  /** Whether this node has the state of a user that Redis stores. Other nodes then have it, too. */
  readonly holdsStored: (userId: string) => boolean;
  /** Whether all nodes read pub/sub messages with changes. If not, the message has the log entries. */
  readonly publishesChanges: boolean;
}

/** Returns the arguments of the script `commit`. */
export function commitArguments(
  commits: readonly Decided[],
  call: CommitCall,
): readonly (string | number)[] {
  const { revisions, publishesChanges, position, token } = call;
  const entries: string[] = [];
  const published: string[] = [];
  const values: string[] = [];
  for (const [nth, { before, step, isRepair }] of commits.entries()) {
    const [record, rest] = encodeCommit(before, step, isRepair);
    const entry = `[${record || 'null'},${rest}]`;
    entries.push(entry);
    if (publishesChanges) {
      const isShared = record !== '' && call.holdsStored(step.user.userId);
      published.push((isShared ? encodeChange(before, step) : undefined) ?? entry);
    }
    values.push(
      step.user.userId,
      record && `${formatRevision(position.seq + nth + 1, token)}|${record}`,
    );
  }
  return [
    ...[call.node, call.number, position.seq, position.token, token, call.now, call.channel],
    ...[call.storedUsers, `${revisions.join('|')}|`],
    ...[linesOf(entries), publishesChanges ? linesOf(published) : ''],
    ...values,
  ];
}

/** Returns a JSON array with one line for each entry, from which the script can take single entries. */
function linesOf(entries: readonly string[]): string {
  return `[${entries.join('\n,')}]`;
}
