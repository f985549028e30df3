/** Histogram buckets in seconds, for operations that should take milliseconds and must not take seconds. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5];

/** Returns the time since a value of `performance.now()`, in seconds. */
export function secondsSince(begunAt: number): number {
  return (performance.now() - begunAt) / 1000;
}
