/** Milliseconds between two moves of a node's counter. */
export const HEARTBEAT_INTERVAL_MS = 500;

/** Milliseconds after which a node whose counter stands still is dead. */
export const LEASE_MS = 3000;

/** Milliseconds between two looks at what there is to tidy up. */
export const JANITOR_MS = 500;

/** Milliseconds after which a batch that no message told of is noticed. */
export const LOG_POLL_INTERVAL_MS = 1000;

/** Milliseconds between two looks at the settings of Redis while they are right. */
export const WATCH_SERVER_MS = 60_000;

/** Milliseconds between two looks at who has waited for too long. */
export const EXPIRY_MS = 250;

/** Milliseconds that what waits to be written is given when this node stops. */
export const WRITE_WITHIN_MS = 1000;

/** Milliseconds that a server may take to answer when this node starts. */
export const READY_WITHIN_MS = 10_000;

/** Milliseconds between two looks at the settings of the other nodes. */
export const COMPARE_SETTINGS_MS = 2000;
