/** Milliseconds between two increments of the counter of a node. */
export const HEARTBEAT_INTERVAL_MS = 500;

/** Milliseconds after which a node with an unchanged counter is dead. */
export const LEASE_MS = 3000;

/** Milliseconds between two runs of the janitor. */
export const JANITOR_MS = 500;

/** Milliseconds between two checks for batches that were not received by pub/sub. */
export const LOG_POLL_INTERVAL_MS = 1000;

/** Milliseconds between two checks of the settings of Redis while they are correct. */
export const WATCH_SERVER_MS = 60_000;

/** Milliseconds between two checks for updates that have timed out. */
export const EXPIRY_MS = 250;

/** Milliseconds that pending writes get when this node stops. */
export const WRITE_WITHIN_MS = 1000;

/** Milliseconds within which a server must respond when this node starts. */
export const READY_WITHIN_MS = 10_000;

/** Milliseconds between two comparisons with the settings of the other nodes. */
export const COMPARE_SETTINGS_MS = 2000;

/** Milliseconds between two decisions whether batches are sent at ticks, and between two ticks. */
export const PACE_MS = 1000;
export const TICK_MS = 10;

/** Milliseconds between two checks whether the partition logs are too long. */
export const TRIM_MS = 1000;

/** The times of the leases of the delivery by webhook, in milliseconds. */
export const DELIVERY_LEASE = { leaseMs: 5000, renewEveryMs: 1000, freeMs: 3000 } as const;
