/** Milliseconds for which a node may be unheard of. As in the store, which these bounds are about. */
export const LEASE_MS = 3000;

/** One beat may have come just before a node fell silent. */
export const BEAT_MS = 500;

/** The lease, the janitor's look, and what a busy machine adds. */
export const REAPED_WITHIN_MS = LEASE_MS + 2000;

/** The lease and the janitor, the look at the log, and what a busy machine adds; the grace comes on top. */
export const CONVERGED_WITHIN_MS = REAPED_WITHIN_MS + 2000;

/** Between what a client and a node call the same moment. */
export const SLACK_MS = 400;

/** The setting. Longer than a lease, so that a node that is dead to the others loses its sessions by the lease. */
export const HEARTBEAT_TIMEOUT_MS = 6000;

/** The timeout, the look for what is due, and what a busy machine adds. */
export const GIVEN_UP_WITHIN_MS = HEARTBEAT_TIMEOUT_MS + 4000;

/** A delay of the harness after which heartbeats of its clients may come too late. */
export const HELD_UP_MS = HEARTBEAT_TIMEOUT_MS / 4;
