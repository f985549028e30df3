/** The timeouts and limits of the rules. The rules receive them as a parameter and depend on no configuration. */
export interface Policy {
  /** How long a user stays ONLINE without an activity, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** How long a session that requires heartbeats may be silent, in milliseconds. */
  readonly heartbeatTimeoutMs: number;
  /** How long a lost session still counts, in milliseconds. Zero: there is no grace. */
  readonly reconnectGraceMs: number;
  /** How many live sessions one user may have. */
  readonly maxSessionsPerUser: number;
}
