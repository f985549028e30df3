import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock } from '../clock/clock.js';
import { MetricsRegistry } from '../metrics/metrics-registry.js';

/** The metrics that the dashboard shows, and the one that tells processes apart. */
const NAMES = [
  'process_start_time_seconds',
  'presence_store_sessions',
  'presence_subscribers',
  'presence_subscribers_lagging',
  'presence_subscriber_lag_max_seconds',
  'presence_events_total',
  'presence_events_delivered_total',
  'presence_webhook_requests_total',
  'presence_webhook_events_total',
  'presence_webhook_stopped',
  'presence_webhook_lag_events',
  'presence_webhook_lag_seconds',
] as const;

/** For each name the sum over all its labels. */
export type MetricValues = Readonly<Record<(typeof NAMES)[number], number>>;

/** The interval at which the dashboard reads the current values, too, in milliseconds. */
const EVERY_MS = 2000;

/** The maximum number of samples: two minutes, as many as the dashboard draws. */
export const MAX_SAMPLES = 60;

interface Sample {
  /** The time of the monotonic clock, in milliseconds. */
  readonly at: number;
  readonly values: MetricValues;
}

/** A sample as it is sent. */
export interface AgedSample {
  /** The time since the sample was taken, in milliseconds. */
  readonly ageMs: number;
  readonly values: MetricValues;
}

/** The latest values of some metrics, so that a dashboard that is opened can draw what came before. */
@Injectable()
export class MetricsHistory {
  private readonly samples: Sample[] = [];

  constructor(
    private readonly registry: MetricsRegistry,
    private readonly clock: Clock,
  ) {}

  @Interval(EVERY_MS)
  async take(): Promise<void> {
    const values = await this.current();
    this.samples.push({ at: this.clock.monotonic(), values });
    if (this.samples.length > MAX_SAMPLES) this.samples.shift();
  }

  /** Reads the metrics now. */
  current(): Promise<MetricValues> {
    return this.registry.sums(NAMES);
  }

  /** Returns the samples, oldest first. */
  read(): readonly AgedSample[] {
    const now = this.clock.monotonic();
    return this.samples.map(({ at, values }) => ({ ageMs: Math.round(now - at), values }));
  }
}
