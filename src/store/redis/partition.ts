import type { Step } from '../../domain/step.js';
import type { User } from '../../domain/user.js';
import type { UserUpdate } from '../presence-store.js';
import { decodeMessage } from './log-batch.js';
import type { PartitionKeys } from './keys.js';
import { PartitionReader, type ReaderOptions } from './partition-reader.js';
import { PartitionReplica, type ReplicaOptions } from './partition-replica.js';
import { PartitionWriter, type WriterOptions } from './partition-writer.js';
import { scripts } from './script.js';

export interface PartitionOptions
  extends
    Omit<ReaderOptions, 'replica'>,
    Omit<ReplicaOptions, 'node'>,
    Pick<WriterOptions, 'pace' | 'publishesChanges' | 'timeoutMs'> {}

/**
 * Milliseconds for which dead nodes are remembered. A node does not return after that time, because its process
 * would have ended by then.
 */
const REMEMBER_DEAD_MS = 3_600_000;

/** A partition of the users: its replica, and the means to change it. */
export class Partition {
  readonly replica: PartitionReplica;
  readonly reader: PartitionReader;
  readonly writer: PartitionWriter;

  constructor(private readonly options: PartitionOptions) {
    this.replica = new PartitionReplica(options);
    const { replica } = this;
    this.reader = new PartitionReader({ ...options, replica });
    this.writer = new PartitionWriter({ ...options, replica, reader: this.reader });
  }

  get keys(): PartitionKeys {
    return this.options.keys;
  }

  receive(message: string): void {
    const batch = decodeMessage(message);
    // The batch of an invalid message is read from the log later.
    if (batch !== undefined) this.reader.onBatch(batch);
  }

  /** All users with a session on a node. */
  usersOn(node: string): readonly User[] {
    const found: User[] = [];
    for (const user of this.replica.table.all())
      if (user.sessions.some((session) => session.node === node)) found.push(user);
    return found;
  }

  update(userId: string, change: UserUpdate): Promise<Step> {
    return this.writer.update(userId, change);
  }

  /** Writes users back of whom Redis has lost data. */
  async writeBack(userIds: readonly string[]): Promise<void> {
    const isForced = true;
    await Promise.all(userIds.map((userId) => this.writer.update(userId, unchanged, isForced)));
  }

  /** Fences a node, then waits until the replica holds everything that the node has committed. */
  async fence(node: string): Promise<void> {
    const { port, keys, now } = this.options;
    await port.run(scripts.fence, [keys.head, keys.nodes], [node, now(), REMEMBER_DEAD_MS]);
    await this.reader.awaitCurrent();
  }

  /** Removes a node that no longer exists. */
  async forget(node: string): Promise<void> {
    const { port, keys } = this.options;
    await port.run(scripts.leave, [keys.nodes], [node]);
  }

  close(): void {
    this.reader.close();
    this.writer.close();
  }
}

const unchanged: UserUpdate = (user) => ({
  user,
  occurredAt: 0,
  cause: 'UNKNOWN',
  events: [],
  ended: [],
  wakeAt: undefined,
});
