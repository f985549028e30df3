import type { Policy } from './policy.js';

/** The timeouts that a session keeps from start to end, even if the configuration of a node changes later. */
export type SessionTerms = Pick<
  Policy,
  'idleTimeoutMs' | 'heartbeatTimeoutMs' | 'reconnectGraceMs'
>;

/** More than the number of different terms that a service uses at one time. */
const MAX_SHARED = 64;

let shared: SessionTerms[] = [];

/**
 * Returns an object that all sessions with equal terms share. A node may hold a million sessions, so copies would waste
 * memory.
 */
export function sharedTerms({
  idleTimeoutMs,
  heartbeatTimeoutMs,
  reconnectGraceMs,
}: SessionTerms): SessionTerms {
  const known = shared.find(
    (terms) =>
      terms.idleTimeoutMs === idleTimeoutMs &&
      terms.heartbeatTimeoutMs === heartbeatTimeoutMs &&
      terms.reconnectGraceMs === reconnectGraceMs,
  );
  if (known !== undefined) return known;
  const terms = { idleTimeoutMs, heartbeatTimeoutMs, reconnectGraceMs };
  shared = [terms, ...shared.slice(0, MAX_SHARED - 1)];
  return terms;
}
