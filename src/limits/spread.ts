/** A time somewhere from this one to twice as long: clients that are told to wait must not all return at once. */
export function withJitter(ms: number): number {
  return Math.round(ms * (1 + Math.random()));
}
