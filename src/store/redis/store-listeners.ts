import type { Logger } from '@nestjs/common';
import type { Step } from '../../domain/step.js';
import { describeError } from '../../text/safe-text.js';
import type { PartitionResetListener, CommitListener, CommitPosition } from '../presence-store.js';
import type { LogPosition } from './log-batch.js';

/** Those who are told what the replicas take in. */
export class StoreListeners {
  private readonly ofCommits = new Set<CommitListener>();
  private readonly ofBeginnings: PartitionResetListener[] = [];

  constructor(private readonly logger: Logger) {}

  /** Returns the way to stop listening. */
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
        // The replica must not stop where it is because somebody could not hear of it.
        this.logger.error(`a commit could not be told: ${describeError(error)}`);
      }
    }
  }
}

/** A place in the log of a partition, as the service knows it. */
export function originOf(partition: number, { seq, token }: LogPosition): CommitPosition {
  const bytes = Buffer.from(token, 'base64url');
  // One that another program has written may be shorter.
  return { partition, seq, mark: bytes.length < 4 ? 0 : bytes.readUInt32LE() };
}
