/** A measured cost, and the heading of docs/benchmarks.md below which the measurement is. */
export interface UnitCost {
  readonly value: number;
  readonly source: string;
}

const of = (value: number, source: string): UnitCost => ({ value, source });

/**
 * The costs from which the simulation computes. Names end in their unit: microseconds of processor time, bytes, or
 * kilobytes of 1,024 bytes. A change of a measurement belongs here, too.
 */
export const UNIT_COSTS = {
  /** A client that connects to a node: connection, `Connect` and `Subscribe`, with its commit in memory. */
  connectMicros: of(820, 'connecting-clients'),
  /** The cost that TLS adds to a connection: a full handshake, as after the loss of a node, and a resumed one. */
  fullHandshakeMicros: of(870, 'connecting-clients'),
  resumedHandshakeMicros: of(750, 'connecting-clients'),
  /** A connection for each second in which its client does nothing. */
  idleMicros: of(13, 'connecting-clients'),
  /** The end of a session whose connection is lost. */
  endMicros: of(222, 'storm'),
  /** A command over gRPC, with its commit in memory. */
  commandMicros: of(126, 'unary-calls'),
  /** A commit to Redis on the node that makes it, and on each other node. */
  commitMicros: of(30, 'several-nodes'),
  appliedCommitMicros: of(22, 'several-nodes'),
  /** An event that reaches a subscriber in a message of its own. */
  deliveryMicros: of(11.4, 'fan-out'),
  /** The factor of a delivery with `VISIBILITY=groups`. */
  groupsFactor: of(1.08, 'groups'),

  /** Redis: a batch, each commit in it, and each further node that receives the batch. From the rows with 1 and 64 commands. */
  redisBatchMicros: of(60, 'several-nodes'),
  redisCommitMicros: of(4, 'several-nodes'),
  redisPublishMicros: of(2.7, 'several-nodes'),
  /** The bytes that Redis sends to one node for a commit that is alone in its batch. */
  redisSentBytes: of(225, 'replication'),
  redisUserBytes: of(1200, 'several-nodes'),
  /** A commit in the log of its partition. */
  redisLogBytes: of(550, 'replication'),

  connectionKilobytes: of(37.3, 'memory'),
  /** The memory that TLS adds to a connection. */
  tlsKilobytes: of(35, 'connecting-clients'),
  userBytes: of(565, 'state'),
  /** A user in 20 groups, all different, takes this much more. */
  groupsBytes: of(278, 'state'),
} as const satisfies Readonly<Record<string, UnitCost>>;

export type UnitCosts = Readonly<Record<keyof typeof UNIT_COSTS, number>>;

export function valuesOf(costs: Readonly<Record<keyof typeof UNIT_COSTS, UnitCost>>): UnitCosts {
  const values = Object.entries(costs).map(([name, { value }]) => [name, value] as const);
  return Object.fromEntries(values) as UnitCosts;
}
