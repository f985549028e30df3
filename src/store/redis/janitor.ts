import type { Input } from '../../domain/input.js';
import type { Policy } from '../../domain/policy.js';
import { step, type Step } from '../../domain/step.js';
import { retainOnEviction, newUser, type User } from '../../domain/user.js';
import { PARTITIONS } from './keys.js';
import type { Membership } from './membership.js';
import type { Partition } from './partition.js';
import { rendezvous } from './rendezvous.js';

/** The number of users processed at once. */
const BATCH = 200;

/** Milliseconds in which each node writes back its own sessions. Then one node writes back the remaining lost users. */
const SAVE_OTHERS_AFTER_MS = 500;

/**
 * Milliseconds after which every node writes back what a node of an older version has dropped, because the rendezvous owner
 * may be such a node. Until then the owner writes it back, so that most such users are written once.
 */
const SAVE_DROPPED_AFTER_MS = 2000;

/** Milliseconds without a change of its counter after which a node is removed. */
const FORGET_NODES_AFTER_MS = 60_000;

export interface JanitorOptions {
  readonly partitions: readonly Partition[];
  readonly membership: Membership;
  readonly node: () => string;
  /** The node ids under which this node was declared dead. */
  readonly previousNodeIds: ReadonlySet<string>;
  readonly policy: Policy;
  readonly now: () => number;
  readonly uptime: () => number;
  /** The maximum number of remembered users who are OFFLINE to others, in all partitions. */
  readonly maxOfflineUsers: number;
  readonly onReaped: (node: string, users: number) => void;
  /** Called with the number of users that were written back. */
  readonly onWrittenBack: (users: number) => void;
}

/**
 * Repairs shared state: reaps dead nodes in the partitions of which this node is the rendezvous owner, and writes back
 * data that Redis has lost. Each run checks the current state instead of past events, so another node can continue if
 * this one dies in the middle of a run.
 */
export class Janitor {
  private readonly unsavedSince = new Map<Partition, number>();

  constructor(private readonly options: JanitorOptions) {}

  /** Whether this node is currently the rendezvous owner of a partition. */
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

  /** Each node writes back its own sessions immediately. The rendezvous owner writes back the rest. */
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
    const savesDropped = now - since >= SAVE_DROPPED_AFTER_MS;
    const users = [...unsaved.entries()].filter(
      ([, { isOurs, isDropped }]) => savesAll || isOurs || (isDropped && savesDropped),
    );
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

  /** Moves sessions from a former node id of this node to the current one. */
  private async rename(partition: Partition, node: string): Promise<void> {
    const name = this.options.node;
    await this.applyToUsersOn(partition, node, () => ({ type: 'nodeRenamed', node, name: name() }));
  }

  /** Applies an input to every user with a session on a node. Returns the number of these users. */
  private async applyToUsersOn(
    partition: Partition,
    node: string,
    input: () => Input,
  ): Promise<number> {
    const { policy, now } = this.options;
    const users = partition.usersOn(node);
    for (const batch of inBatches(users)) {
      const applyTo = ({ userId }: User): Promise<unknown> =>
        partition.update(userId, (user) => step(user, input(), now(), policy));
      await Promise.all(batch.map(applyTo));
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
  // A user who has come back in the meantime must not be evicted.
  const kept =
    user.shown.status === 'OFFLINE' ? (retainOnEviction(user) ?? newUser(user.userId)) : user;
  return {
    user: kept,
    occurredAt: 0,
    cause: 'UNKNOWN',
    events: [],
    ended: [],
    wakeAt: undefined,
  };
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
