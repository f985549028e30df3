import { CommitHistory, type HistoryPage } from '../commit-history.js';
import type { CommitPosition, PresenceStore } from '../presence-store.js';

/** The history of a store that keeps no commits: nothing follows the newest position, and no other position is known. */
export class MemoryCommitHistory extends CommitHistory {
  override readonly keepsCommits = false;

  constructor(private readonly store: Pick<PresenceStore, 'partitionResets'>) {
    super();
  }

  async readAfter({ partition, seq, mark }: CommitPosition): Promise<HistoryPage | undefined> {
    const last = this.newest(partition);
    return last?.seq === seq && last.mark === mark ? { commits: [], last } : undefined;
  }

  isContinuousFrom(): boolean {
    return true;
  }

  async readOldest(): Promise<undefined> {
    return undefined;
  }

  async positionOf(partition: number, seq: number): Promise<CommitPosition | undefined> {
    const last = this.newest(partition);
    return last?.seq === seq ? last : undefined;
  }

  private newest(partition: number): CommitPosition | undefined {
    let newest: CommitPosition | undefined;
    // A new subscription emits the newest positions at once.
    this.store.partitionResets
      .subscribe((position) => {
        if (position.partition === partition) newest = position;
      })
      .unsubscribe();
    return newest;
  }
}
