/**
 * One hash tag for each partition. Redis Cluster assigns slots in ranges, so each tag was chosen to hash into its own
 * sixteenth of the slots: this gives the masters equal shares. Their number is fixed for the life of a key space.
 */
export const TAGS = [
  ...['p0-0', 'p1-3', 'p2-11', 'p3-12', 'p4-2b', 'p5-2a', 'p6-c', 'p7-d'],
  ...['p8-a', 'p9-b', 'p10-12', 'p11-11', 'p12-d', 'p13-c', 'p14-2', 'p15-1'],
] as const;

export const PARTITIONS = TAGS.length;

/** The version of the storage format. It changes when earlier versions could not read the new data. */
const LAYOUT = 1;

/** The names of all keys and channels in Redis. */
export class Keys {
  /** Hash: node id -> counter that the node increments while it is alive. */
  readonly beats: string;
  /** Hash: node id -> the rule settings of the node. */
  readonly settings: string;
  /** String: the secret from which the keys of tokens are derived. */
  readonly sealingSecret: string;
  readonly partitions: readonly PartitionKeys[];

  constructor(prefix: string) {
    this.beats = `${prefix}${LAYOUT}:{nodes}:beats`;
    this.settings = `${prefix}${LAYOUT}:{nodes}:settings`;
    this.sealingSecret = `${prefix}${LAYOUT}:{nodes}:sealing-secret`;
    this.partitions = TAGS.map((tag) => new PartitionKeys(`${prefix}${LAYOUT}:{${tag}}`));
  }

  /** The keys with state, each with its Redis type. */
  get types(): ReadonlyMap<string, string> {
    return new Map([
      [this.beats, 'hash'],
      [this.sealingSecret, 'string'],
      ...this.partitions.flatMap(({ head, nodes, users, log, webhooks }): [string, string][] => [
        [head, 'hash'],
        [nodes, 'hash'],
        [users, 'hash'],
        [log, 'stream'],
        [webhooks, 'hash'],
      ]),
    ]);
  }
}

/** The keys of one partition. They are in one slot, so that a script can access all of them. */
export class PartitionKeys {
  /** Hash: `epoch`, `seq` and `token` of the last batch in the log. */
  readonly head: string;
  /** Hash: node id -> its last batch and the outcome, or `X` and a time if the node is fenced. */
  readonly nodes: string;
  /** Hash: user -> revision, `|`, record. */
  readonly users: string;
  /** Stream: the batches. The id of an entry is the number of its last commit. */
  readonly log: string;
  /** Hash: the lease and the position of the delivery by webhook. Missing without webhooks. */
  readonly webhooks: string;
  /** Sharded channel on which every batch is published when it is logged. */
  readonly channel: string;

  constructor(name: string) {
    this.head = `${name}:head`;
    this.nodes = `${name}:nodes`;
    this.users = `${name}:users`;
    this.log = `${name}:log`;
    this.webhooks = `${name}:webhooks`;
    this.channel = `${name}:events`;
  }
}

/** The partition of a user by an FNV-1a hash (Fowler, Noll, Vo). It is the same on every node. */
export function partitionOf(userId: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < userId.length; i++) {
    hash = Math.imul(hash ^ userId.charCodeAt(i), 0x01000193);
  }
  // The low bits alone are the weakest part of the hash.
  return ((hash >>> 0) ^ (hash >>> 16)) & (PARTITIONS - 1);
}
