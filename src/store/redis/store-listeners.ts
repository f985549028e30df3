import type { Logger } from '@nestjs/common';
import type { Step } from '../../domain/step.js';
import { describeError } from '../../text/safe-text.js';
import type { PartitionResetListener, CommitListener, CommitPosition } from '../presence-store.js';
import type { LogPosition } from './log-batch.js';

/** The listeners that are notified of what the replicas apply. */
export class StoreListeners {
  private readonly ofCommits = new Set<CommitListener>();
  private readonly ofBeginnings: PartitionResetListener[] = [];

  constructor(private readonly logger: Logger) {}

  /** Returns a function that removes the listener. */
  onCommit(listener: CommitListener): () => void {
    this.ofCommits.add(listener);
    return () => this.ofCommits.delete(listener);
  }

  onBegin(listener: PartitionResetListener): void {
    this.ofBeginnings.push(listener);
  }

  begin(origin: CommitPosition): void {
    for (const listener of this.ofBeginnings) listener(origin);
  }

  tell(step: Step, origin: CommitPosition): void {
    for (const listener of this.ofCommits) {
      try {
        listener(step, origin);
      } catch (error) {
        // A failing listener must not stop the replica.
        this.logger.error(`a commit could not be told: ${describeError(error)}`);
      }
    }
  }
}

/** The position in a partition log, as the rest of the service identifies it. */
export function originOf(partition: number, { seq, token }: LogPosition): CommitPosition {
  const bytes = Buffer.from(token, 'base64url');
  // A token written by another program may be shorter.
  return { partition, seq, mark: bytes.length < 4 ? 0 : bytes.readUInt32LE() };
}
