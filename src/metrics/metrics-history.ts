import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock } from '../clock/clock.js';
import { MetricsRegistry } from './metrics-registry.js';

/** The metrics that the dashboard draws over time, and the one that tells processes apart. */
const NAMES = [
  'process_start_time_seconds',
  'presence_store_sessions',
  'presence_subscribers',
  'presence_subscribers_lagging',
  'presence_subscriber_lag_max_seconds',
  'presence_events_total',
  'presence_events_delivered_total',
] as const;

/** The interval at which the dashboard reads metrics, too, in milliseconds. */
const EVERY_MS = 2000;

/** The maximum number of samples: two minutes, as many as the dashboard draws. */
export const MAX_SAMPLES = 60;

interface Sample {
  /** The time of the monotonic clock, in milliseconds. */
  readonly at: number;
  readonly values: Readonly<Record<string, number>>;
}

/** A sample as it is sent. */
export interface AgedSample {
  /** The time since the sample was taken, in milliseconds. */
  readonly ageMs: number;
  /** For each name the sum over all its labels. */
  readonly values: Readonly<Record<string, number>>;
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
    const values = await this.registry.sums(NAMES);
    this.samples.push({ at: this.clock.monotonic(), values });
    if (this.samples.length > MAX_SAMPLES) this.samples.shift();
  }

  /** Returns the samples, oldest first. */
  read(): readonly AgedSample[] {
    const now = this.clock.monotonic();
    return this.samples.map(({ at, values }) => ({ ageMs: Math.round(now - at), values }));
  }
}
