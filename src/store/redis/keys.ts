/**
 * One hash tag for each partition. The slots of a Redis Cluster are dealt out in ranges, so each tag was chosen to fall
 * into its own sixteenth of them: masters get equal shares. Their number is fixed for the life of a key space.
 */
export const TAGS = [
  ...['p0-0', 'p1-3', 'p2-11', 'p3-12', 'p4-2b', 'p5-2a', 'p6-c', 'p7-d'],
  ...['p8-a', 'p9-b', 'p10-12', 'p11-11', 'p12-d', 'p13-c', 'p14-2', 'p15-1'],
] as const;

export const PARTITIONS = TAGS.length;

/** Changes when what is stored could not be read by a version before. */
const LAYOUT = 1;

/** The names of everything that is kept in Redis. */
export class Keys {
  /** Hash: incarnation of a node -> counter that it moves on as long as it lives. */
  readonly beats: string;
  /** Hash: incarnation of a node -> the settings of the rules that it has. */
  readonly settings: string;
  /** String: what the keys of tokens are made of. */
  readonly sealingSecret: string;
  readonly partitions: readonly PartitionKeys[];

  constructor(prefix: string) {
    this.beats = `${prefix}${LAYOUT}:{nodes}:beats`;
    this.settings = `${prefix}${LAYOUT}:{nodes}:settings`;
    this.sealingSecret = `${prefix}${LAYOUT}:{nodes}:sealing-secret`;
    this.partitions = TAGS.map((tag) => new PartitionKeys(`${prefix}${LAYOUT}:{${tag}}`));
  }

  /** Every key with its type, as Redis names it. */
  get types(): ReadonlyMap<string, string> {
    return new Map([
      [this.beats, 'hash'],
      [this.sealingSecret, 'string'],
      ...this.partitions.flatMap(({ head, nodes, users, log }): [string, string][] => [
        [head, 'hash'],
        [nodes, 'hash'],
        [users, 'hash'],
        [log, 'stream'],
      ]),
    ]);
  }
}

/** What belongs to one partition lies in one slot, so that a script may touch all of it. */
export class PartitionKeys {
  /** Hash: `epoch`, `seq` and `token` of the last batch in the log. */
  readonly head: string;
  /** Hash: incarnation -> its last batch and what became of it, or `X` and a time when it is fenced. */
  readonly nodes: string;
  /** Hash: user -> revision, `|`, record. */
  readonly users: string;
  /** Stream: the batches, each by the number of its last commit. */
  readonly log: string;
  /** Sharded channel on which every batch is published as it is logged. */
  readonly channel: string;

  constructor(name: string) {
    this.head = `${name}:head`;
    this.nodes = `${name}:nodes`;
    this.users = `${name}:users`;
    this.log = `${name}:log`;
    this.channel = `${name}:events`;
  }
}

/** The partition of a user: FNV-1a (Fowler, Noll, Vo), the same on every node. */
export function partitionOf(userId: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < userId.length; i++) {
    hash = Math.imul(hash ^ userId.charCodeAt(i), 0x01000193);
  }
  // The low bits alone are the weakest.
  return ((hash >>> 0) ^ (hash >>> 16)) & (PARTITIONS - 1);
}
