/** Returns the median, which a single noisy run does not change. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/**
 * Returns the smallest value that at least `percent` of the values do not exceed. NaN for an empty
 * list.
 */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? NaN;
}
