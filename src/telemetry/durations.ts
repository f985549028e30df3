import { Histogram } from 'prom-client';

/** Histogram buckets in seconds, for operations that should take milliseconds and must not take seconds. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5];

/**
 * Creates a histogram of durations in seconds. It belongs to no registry: `MetricsController` registers it, because
 * each service in a process has a registry of its own.
 */
export function durationHistogram<Label extends string = never>(
  name: string,
  help: string,
  labelNames: readonly Label[] = [],
): Histogram<Label> {
  return new Histogram({ name, help, labelNames, buckets: DURATION_BUCKETS, registers: [] });
}

/** Returns the time since a value of `performance.now()`, in seconds. */
export function secondsSince(begunAt: number): number {
  return (performance.now() - begunAt) / 1000;
}
