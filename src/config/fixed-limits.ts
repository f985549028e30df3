/**
 * Limits that protect the node and suit every deployment, so no setting changes them. They are part of `Config` because
 * tests replace them: a test cannot wait for minutes.
 */
export interface FixedLimits {
  /** The time in which a new gRPC connection must complete the HTTP/2 handshake, including TLS. */
  readonly handshakeTimeoutMs: number;
  /** The time after which a gRPC connection without calls is closed. Clients reconnect with their next call. */
  readonly connectionIdleTimeoutMs: number;
  /** The time for receiving a complete request, and for the client to read the response of a unary call. */
  readonly callTimeoutMs: number;
  /** The time after which a command or read that waits for Redis fails with STORE_UNAVAILABLE. */
  readonly storeTimeoutMs: number;
  /** Above this number of pub/sub messages per second from one Redis server, all nodes send their commits at the same times, every 10 ms. */
  readonly redisMessagesPerSecond: number;
  /** The number of events that a node keeps for subscribers that resume. */
  readonly eventLogSize: number;
  /**
   * The number of subscribers that may receive missed events from Redis at the same time, apart from admins. Others start
   * with a snapshot.
   */
  readonly historyReaders: number;
  /** The size in bytes of the log of each partition in Redis above which its oldest batches are removed. */
  readonly maxPartitionLogBytes: number;
  /** The rate at which sessions may start on a node. A burst may be twice as large. Zero: no limit. */
  readonly newSessionsPerSecond: number;
  /**
   * The rate of rejected calls of one user above which the node closes the connection. A burst may be ten times as large.
   * Zero: no limit.
   */
  readonly rejectedCallsPerSecond: number;
  /** The time for a request to the receiver of webhooks, including its response. */
  readonly webhookTimeoutMs: number;
  /** The pause after a failed request to that receiver. It grows with each failure, up to five minutes. */
  readonly webhookRetryMs: number;
}

export const FIXED_LIMITS: FixedLimits = {
  handshakeTimeoutMs: 10_000,
  connectionIdleTimeoutMs: 300_000,
  callTimeoutMs: 30_000,
  storeTimeoutMs: 2_000,
  // About a third of a core of Redis if each message needs its own write.
  redisMessagesPerSecond: 100_000,
  eventLogSize: 100_000,
  historyReaders: 100,
  maxPartitionLogBytes: 160_000_000,
  newSessionsPerSecond: 2_000,
  // A burst of 1,000 is as many calls as a connection may have open, so a client may send all of them at once.
  rejectedCallsPerSecond: 100,
  webhookTimeoutMs: 10_000,
  webhookRetryMs: 1_000,
};
