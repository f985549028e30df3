import type { Logger } from '@nestjs/common';
import type { StoreMetrics } from '../store-status.js';
import type { PartitionKeys } from './keys.js';
import type { ReaderOptions } from './partition-reader.js';
import type { LostKey, ResyncReason } from './resync-reason.js';

/** All reasons except the start, which every node has. They are listed so that each counter starts at zero. */
const CAUSES = [
  'log_gap',
  'writes_lost',
  'store_empty',
  'own_batches_lost',
  'node_unknown',
  'fenced',
  'evicted',
  'log_ahead',
  'unreadable',
] as const satisfies readonly ResyncReason[];

const KEYS = ['head', 'nodes', 'users', 'log', 'heartbeats', 'sealing_secret'] as const;

type Counts = Pick<
  StoreMetrics,
  'resyncs' | 'gapsFilled' | 'fenced' | 'reaped' | 'keysLost' | 'writtenBack'
>;

type PartitionListeners = Pick<ReaderOptions, 'onLoss' | 'onGap' | 'onUnreadable' | 'onKeyLost'>;

/** Logs and counts the faults between nodes that the service repairs. */
export class ClusterMetrics {
  private readonly resyncs = new Map<ResyncReason, number>(CAUSES.map((cause) => [cause, 0]));
  private readonly keys = new Map<string, number>(KEYS.map((key) => [key, 0]));
  private usersWrittenBack = 0;
  private gaps = 0;
  private fences = 0;
  private reapedUsers = 0;

  constructor(private readonly logger: Logger) {}

  get counts(): Counts {
    return {
      resyncs: Object.fromEntries(this.resyncs),
      gapsFilled: this.gaps,
      fenced: this.fences,
      reaped: this.reapedUsers,
      keysLost: Object.fromEntries(this.keys),
      writtenBack: this.usersWrittenBack,
    };
  }

  /** Returns the listeners of a partition. `onKeyLost` is called in addition. */
  ofPartition(index: number, keys: PartitionKeys, onKeyLost: () => void): PartitionListeners {
    return {
      onLoss: (cause) => this.lost(index, cause),
      onGap: () => this.gapFilled(index),
      onUnreadable: (count) => this.unreadable(count, keys.users),
      onKeyLost: (key) => {
        this.keyLost(key, keys[key]);
        onKeyLost();
      },
    };
  }

  lost(partition: number, cause: ResyncReason): void {
    // Every node starts with a load, so it is no fault.
    if (cause === 'start') return;
    this.resyncs.set(cause, (this.resyncs.get(cause) ?? 0) + 1);
    this.logger.warn(`Partition ${partition}: resync from Redis (${cause})`);
  }

  /** `name` is the full name of the key. */
  keyLost(key: LostKey | 'heartbeats' | 'sealing_secret', name: string): void {
    this.keys.set(key, this.keys.get(key)! + 1);
    this.logger.warn(`Redis lost the key ${name}; writing it back`);
  }

  writtenBack(users: number): void {
    this.usersWrittenBack += users;
  }

  unreadable(count: number, name: string): void {
    this.logger.warn(`${count} records in ${name} are unreadable; this node ignores these users`);
  }

  gapFilled(partition: number): void {
    this.gaps++;
    this.logger.debug(
      `Partition ${partition}: a pub/sub message was lost; the node read the commits from the partition log`,
    );
  }

  fenced(name: string, next: string): void {
    this.fences++;
    this.logger.warn(`Node ${name} was declared dead; this node continues as ${next}`);
  }

  reaped(name: string, users: number): void {
    this.reapedUsers += users;
    this.logger.warn(`Node ${name} is dead; removed the sessions of ${users} users`);
  }
}
