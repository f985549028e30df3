/**
 * The lease in milliseconds. The same value as in the store, whose behaviour these limits check.
 */
export const LEASE_MS = 3000;

/** The last counter update may have happened just before a node stopped. */
export const BEAT_MS = 500;

/** The lease, the interval of the janitor, and a margin for a busy machine. */
export const REAPED_WITHIN_MS = LEASE_MS + 2000;

/**
 * The lease, the interval of the janitor, the check of the partition log, and a margin for a busy
 * machine. The grace is added.
 */
export const CONVERGED_WITHIN_MS = REAPED_WITHIN_MS + 2000;

/** The difference between the times that a client and a node record for the same moment. */
export const SLACK_MS = 400;

/**
 * The `HEARTBEAT_TIMEOUT_MS` of the nodes. It is longer than the lease, so that the lease ends the
 * sessions of a node that the others declare dead.
 */
export const HEARTBEAT_TIMEOUT_MS = 6000;

/** The timeout, the interval of the deadline check, and a margin for a busy machine. */
export const GIVEN_UP_WITHIN_MS = HEARTBEAT_TIMEOUT_MS + 4000;

/** A delay of the harness after which heartbeats of its clients may be too late. */
export const HELD_UP_MS = HEARTBEAT_TIMEOUT_MS / 4;
