import type { Policy } from './policy.js';

/** The timeouts that a session keeps from its beginning to its end, whatever a node is configured with later. */
export type SessionTerms = Pick<
  Policy,
  'idleTimeoutMs' | 'heartbeatTimeoutMs' | 'reconnectGraceMs'
>;

/** More different terms than a service has at one time. */
const MAX_SHARED = 64;

let shared: SessionTerms[] = [];

/** These terms as an object that all sessions with equal terms share: there may be a million of them. */
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
