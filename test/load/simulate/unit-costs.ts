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
  idleMicros: of(9.4, 'connecting-clients'),
  /** The end of a session whose connection is lost. */
  endMicros: of(222, 'storm'),
  /** A command over gRPC, with its commit in memory. */
  commandMicros: of(53, 'unary-calls'),
  /** A commit to Redis on the node that makes it, and on each other node. Most batches have one commit, but arrive with others. */
  commitMicros: of(25, 'replication'),
  appliedCommitMicros: of(6, 'replication'),
  /** An event that reaches a subscriber in a message of its own. */
  deliveryMicros: of(10.9, 'fan-out'),
  /** The factor of a delivery with `VISIBILITY=groups`. */
  groupsFactor: of(1.08, 'groups'),

  /** The delivery of an event by webhook, on the node that delivers those of its partition. */
  webhookMicros: of(52, 'webhooks'),

  /** Redis: a batch, and each commit in it. */
  redisBatchMicros: of(40, 'many-nodes'),
  redisCommitMicros: of(2.5, 'many-nodes'),
  /** Redis: a write to a node, and each batch in it. */
  redisWriteMicros: of(3.3, 'many-nodes'),
  redisCopyMicros: of(0.16, 'many-nodes'),
  /** The bytes that Redis sends to one node for a commit that is alone in its batch. */
  redisSentBytes: of(225, 'replication'),
  redisUserBytes: of(1464, 'compared-with-the-versions-of-28-and-30-november'),
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
