import { readMetrics, type Metrics } from '../model/prometheus.js';

/** The interval between two reads of the metrics, in milliseconds. */
export const METRICS_EVERY_MS = 2000;

/**
 * A smaller difference between the clocks cannot be distinguished from the duration of the response. The date of the
 * response also has no fractions of a second.
 */
const NOTICEABLE_MS = 2000;

export interface MetricsResponse {
  /** Undefined if the metrics could not be read. */
  readonly metrics: Metrics | undefined;
  /** How far the clock of the service is ahead of the local clock, in milliseconds. 0 if that cannot be measured. */
  readonly clockAheadMs: number;
}

/** Reads the metrics of the service, as Prometheus does. */
export async function fetchMetrics(signal: AbortSignal): Promise<MetricsResponse> {
  try {
    const response = await fetch('/metrics', { signal, cache: 'no-store' });
    if (!response.ok) return { metrics: undefined, clockAheadMs: 0 };
    const metrics = readMetrics(await response.text());
    return { metrics, clockAheadMs: clockAheadMs(response) };
  } catch {
    return { metrics: undefined, clockAheadMs: 0 };
  }
}

interface AgedSample {
  readonly ageMs: number;
  readonly values: Readonly<Record<string, number>>;
}

/** Metrics and the time of the monotonic clock of this page at which they were taken, in milliseconds. */
export interface PastMetrics {
  readonly metrics: Metrics;
  readonly at: number;
}

/** Returns what the node remembers from before this page was opened, oldest first. Empty if that cannot be read. */
export async function fetchPastMetrics(signal: AbortSignal): Promise<PastMetrics[]> {
  try {
    const response = await fetch('/metrics/history', { signal, cache: 'no-store' });
    if (!response.ok) return [];
    const samples = (await response.json()) as readonly AgedSample[];
    const now = performance.now();
    return samples.map(({ ageMs, values }) => ({
      metrics: new Map(Object.entries(values)),
      at: now - ageMs,
    }));
  } catch {
    return [];
  }
}

/** Measures the clock of the service without the metrics, which only admins see. Returns 0 if that is not possible. */
export async function fetchClockAheadMs(signal: AbortSignal): Promise<number> {
  try {
    return clockAheadMs(await fetch('/', { method: 'HEAD', signal, cache: 'no-store' }));
  } catch {
    return 0;
  }
}

function clockAheadMs({ headers }: Response): number {
  const ahead = Date.parse(headers.get('date') ?? '') - Date.now();
  return Math.abs(ahead) > NOTICEABLE_MS ? ahead : 0;
}
