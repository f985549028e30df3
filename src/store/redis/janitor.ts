import type { Input } from '../../domain/input.js';
import type { Policy } from '../../domain/policy.js';
import { step, type Step } from '../../domain/step.js';
import { retainOnEviction, newUser, type User } from '../../domain/user.js';
import { PARTITIONS } from './keys.js';
import type { Membership } from './membership.js';
import type { Partition } from './partition.js';
import { rendezvous } from './rendezvous.js';

/** How many users are handled at once. */
const BATCH = 200;

/** How long owners have for their own sessions before the rest of what Redis has lost is written back, too. */
const SAVE_OTHERS_AFTER_MS = 500;

/** A counter that has stood still for that long is taken out. */
const FORGET_NODES_AFTER_MS = 60_000;

export interface JanitorOptions {
  readonly partitions: readonly Partition[];
  readonly membership: Membership;
  readonly node: () => string;
  /** The names that this node had before it was declared dead under them. */
  readonly previousNodeIds: ReadonlySet<string>;
  readonly policy: Policy;
  readonly now: () => number;
  readonly uptime: () => number;
  /** How many users who are OFFLINE to others are remembered in all. */
  readonly maxOfflineUsers: number;
  readonly onReaped: (node: string, users: number) => void;
  /** So many users have been written back. */
  readonly onWrittenBack: (users: number) => void;
}

/**
 * Puts in order what nobody else does: takes leave of the dead in the partitions that fall to this node, and writes back
 * what Redis has lost. It looks at what there is and not at what has happened, so that nothing is missed when one
 * janitor dies at it and another goes on.
 */
export class Janitor {
  private readonly unsavedSince = new Map<Partition, number>();

  constructor(private readonly options: JanitorOptions) {}

  /** Whether a partition falls to this node at the moment. */
  isMine(index: number): boolean {
    const { membership, node } = this.options;
    return rendezvous(membership.alive(), index) === node();
  }

  async tick(): Promise<void> {
    const { partitions, membership } = this.options;
    await Promise.all(partitions.map((partition, i) => this.maintain(partition, this.isMine(i))));
    for (const node of membership.expired(FORGET_NODES_AFTER_MS)) {
      for (const partition of partitions) await partition.forget(node);
      await membership.leave(node);
    }
  }

  private async maintain(partition: Partition, isMine: boolean): Promise<void> {
    if (partition.reader.isRecovering) return;
    await this.writeBack(partition, isMine);
    const { previousNodeIds: formerNames, membership } = this.options;
    const nodes = [...partition.replica.census.nodes()];
    for (const node of nodes) if (formerNames.has(node)) await this.rename(partition, node);
    if (!isMine) return;
    for (const node of nodes) {
      if (!formerNames.has(node) && !membership.isAlive(node)) await this.reap(partition, node);
    }
    await this.forgetLongestGone(partition);
  }

  /** Owners write their own sessions back at once; of what is left, one node takes care. */
  private async writeBack(partition: Partition, isMine: boolean): Promise<void> {
    const { dirtyUsers: unsaved } = partition.replica;
    if (unsaved.size === 0) {
      this.unsavedSince.delete(partition);
      return;
    }
    const now = this.options.uptime();
    const since = this.unsavedSince.get(partition) ?? now;
    this.unsavedSince.set(partition, since);
    const savesAll = isMine && now - since >= SAVE_OTHERS_AFTER_MS;
    const users = [...unsaved].filter(([, { isOurs }]) => savesAll || isOurs);
    for (const batch of inBatches(users.map(([userId]) => userId))) {
      await partition.writeBack(batch);
      this.options.onWrittenBack(batch.length);
    }
  }

  private async reap(partition: Partition, node: string): Promise<void> {
    await partition.fence(node);
    const users = await this.applyToUsersOn(partition, node, () => ({ type: 'nodeLost', node }));
    this.options.onReaped(node, users);
  }

  /** Puts what is left under a name that this node had before under the one it has now. */
  private async rename(partition: Partition, node: string): Promise<void> {
    const name = this.options.node;
    await this.applyToUsersOn(partition, node, () => ({ type: 'nodeRenamed', node, name: name() }));
  }

  /** Lets something happen to everybody who has a session on a node. Returns how many those were. */
  private async applyToUsersOn(
    partition: Partition,
    node: string,
    input: () => Input,
  ): Promise<number> {
    const { policy, now } = this.options;
    const users = partition.usersOn(node);
    for (const batch of inBatches(users)) {
      const tell = ({ userId }: User): Promise<unknown> =>
        partition.update(userId, (user) => step(user, input(), now(), policy));
      await Promise.all(batch.map(tell));
    }
    return users.length;
  }

  private async forgetLongestGone(partition: Partition): Promise<void> {
    const room = Math.ceil(this.options.maxOfflineUsers / PARTITIONS);
    const users = partition.replica.table.evictionCandidates.flatMap((gone) => [
      ...firstOf(gone, gone.size - room),
    ]);
    for (const batch of inBatches(users)) {
      await Promise.all(batch.map((userId) => partition.update(userId, forget)));
    }
  }
}

function forget(user: User): Step {
  // Somebody who has come back meanwhile is not gone.
  const kept =
    user.shown.status === 'OFFLINE' ? (retainOnEviction(user) ?? newUser(user.userId)) : user;
  return { user: kept, events: [], ended: [], wakeAt: undefined };
}

function* firstOf<T>(items: Iterable<T>, count: number): Generator<T> {
  for (const item of items) {
    if (count-- <= 0) return;
    yield item;
  }
}

function* inBatches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += BATCH) yield items.slice(start, start + BATCH);
}
