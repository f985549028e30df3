import type { User } from '../../domain/user.js';
import type { StoreMetrics } from '../store-status.js';
import { GroupNameSweep } from '../group-name-sweep.js';
import type { TableSizes } from '../user-table.js';
import type { CommitPosition } from '../presence-store.js';
import type { BatchPace } from './batch-pace.js';
import { partitionOf, PARTITIONS } from './keys.js';
import type { Partition } from './partition.js';

/** The positions of all partitions before the first load. */
export const NOTHING_LOADED: readonly CommitPosition[] = Array.from(
  { length: PARTITIONS },
  (_, partition) => ({ partition, seq: 0, mark: 0 }),
);

/** All partitions on this node. It finds the partition of a user, and does what concerns every partition. */
export class PartitionSet {
  private readonly groupNames = new GroupNameSweep(() => this.users());

  private readonly byChannel: ReadonlyMap<string, Partition>;

  constructor(
    readonly all: readonly Partition[],
    private readonly pace: Pick<BatchPace, 'count'>,
  ) {
    this.byChannel = new Map(all.map((partition) => [partition.keys.channel, partition]));
  }

  /** The names of the pub/sub channels of all partitions. */
  get channels(): readonly string[] {
    return this.all.map(({ keys }) => keys.channel);
  }

  of(userId: string): Partition {
    return this.all[partitionOf(userId)]!;
  }

  /** All users that the replicas hold. */
  private *users(): Generator<User> {
    for (const { replica } of this.all) yield* replica.table.all();
  }

  /** Returns the user of a session that some replica knows. */
  ownerOf(sessionId: string): User | undefined {
    for (const { replica } of this.all) {
      const owner = replica.table.ownerOf(sessionId);
      if (owner !== undefined) return replica.table.find(owner);
    }
    return undefined;
  }

  /** Loads all partitions from Redis. */
  async load(): Promise<void> {
    await Promise.all(this.all.map(({ reader }) => reader.recover('start')));
  }

  /** Waits until every replica contains all commits that were in Redis at the time of the call. */
  async awaitCurrent(): Promise<void> {
    await Promise.all(this.all.map(({ reader }) => reader.awaitCurrent()));
  }

  /** Passes a message of Redis to the partition of its channel. */
  receive(channel: string, message: string): void {
    this.pace.count();
    this.byChannel.get(channel)?.receive(message);
  }

  /** Claims up to `limit` users with a reached deadline, in the partitions that this node owns. */
  async claimDue(
    now: number,
    limit: number,
    wallAheadMs: number,
    isMine: (partition: number) => boolean,
  ): Promise<readonly string[]> {
    void this.groupNames.runIfDue();
    for (const { replica } of this.all) await replica.table.followWall(wallAheadMs);
    const due: string[] = [];
    for (const [index, { replica }] of this.all.entries()) {
      if (due.length < limit && isMine(index)) {
        due.push(...replica.table.claimDue(now, limit - due.length));
      }
    }
    return due;
  }

  /** Checks the keys of all partitions. */
  async inspect(): Promise<void> {
    await Promise.all(this.all.map(({ reader }) => reader.inspect()));
  }

  /** Ends the updates that have waited too long. `uptime` is a time of `performance.now()`. */
  failTimedOut(uptime: number): void {
    for (const { writer } of this.all) writer.failTimedOut(uptime);
  }

  /** Waits until all writes are done. */
  async idle(): Promise<void> {
    await Promise.all(this.all.map(({ writer }) => writer.idle()));
  }

  /** Removes a node that no longer exists from all partitions. */
  async forget(node: string): Promise<void> {
    await Promise.all(this.all.map((partition) => partition.forget(node)));
  }

  close(): void {
    for (const partition of this.all) partition.close();
  }

  /** The total sizes of all replicas. */
  get sizes(): TableSizes & Pick<StoreMetrics, 'unreadableUsers'> {
    const sizes = { users: 0, offline: 0, sessions: 0, timers: 0, unreadableUsers: 0 };
    for (const { replica } of this.all) {
      const { users, offline, sessions, timers } = replica.table.sizes;
      sizes.users += users;
      sizes.sessions += sessions;
      sizes.timers += timers;
      sizes.offline += offline;
      sizes.unreadableUsers += replica.unreadableUsers;
    }
    return sizes;
  }
}
