/** The timeouts and limits that the rules are given, so that they need no configuration of their own. */
export interface Policy {
  /** How long a user without an action stays ONLINE, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** How long a session that promised heartbeats may be silent, in milliseconds. */
  readonly heartbeatTimeoutMs: number;
  /** How long a session whose connection was lost still counts, in milliseconds. Zero: not at all. */
  readonly reconnectGraceMs: number;
  /** How many live sessions one user may have. */
  readonly maxSessionsPerUser: number;
}
