/**
 * Returns a random time between `ms` and twice as long, so that clients with a retry hint do not all return at once.
 */
export function withJitter(ms: number): number {
  return Math.round(ms * (1 + Math.random()));
}
