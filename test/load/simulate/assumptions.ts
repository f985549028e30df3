/** How users behave, and what the operator allows. None of this is measured. */
export interface Assumptions {
  /** The mean length of a session. */
  readonly sessionSeconds: number;
  /** The mean time between two commands of a user who is online: moves, mutes, statuses, activities. */
  readonly commandSeconds: number;
  /** The number of online users who follow a user, each of whom receives every event of the user. */
  readonly followers: number;
  readonly tls: boolean;
  /** Whether users see one another by groups, 20 for each user. */
  readonly groups: boolean;
  /** Whether events are also delivered by webhook. */
  readonly webhooks: boolean;
  /** The factor by which the busiest node has more clients than the average node. */
  readonly imbalance: number;
  readonly connectionsPerNode: number;
  /** The part of a core that a node may use in the peak hour, also after the loss of another node. */
  readonly maxCores: number;
  /** The part of a core that a Redis primary may use in the peak hour. */
  readonly maxRedisCores: number;
  readonly maxNodeBytes: number;
  readonly maxPrimaries: number;
  /** The bytes per second that one Redis primary may send. 10 Gbit/s are 1,250 MB/s. */
  readonly maxRedisBytesPerSecond: number;
  /** The time in which a batch is in flight. Further commits of its partition on that node wait for the next batch. */
  readonly batchSeconds: number;
  /** The users whom the service remembers while they are OFFLINE. */
  readonly offlineUsers: number;
}

export const ASSUMPTIONS: Assumptions = {
  sessionSeconds: 2 * 3600,
  commandSeconds: 300,
  followers: 50,
  tls: true,
  groups: false,
  webhooks: false,
  imbalance: 1.1,
  connectionsPerNode: 50_000,
  maxCores: 0.7,
  maxRedisCores: 0.7,
  maxNodeBytes: 8e9,
  maxPrimaries: 16,
  maxRedisBytesPerSecond: 1e9,
  batchSeconds: 0.002,
  offlineUsers: 100_000,
};

/** Numbers of the service that the settings and the code decide. */
export const SERVICE = {
  partitions: 16,
  maxCommitsPerBatch: 64,
  leaseSeconds: 3,
  newSessionsPerSecond: 2000,
  logSeconds: 300,
  tickMicros: 10_000,
  /** The time within which the batches of a tick arrive at Redis: timers of Node.js are exact to a millisecond. */
  tickSpreadMicros: 1000,
  maxLogBytes: 2.6e9,
} as const;
