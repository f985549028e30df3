import type { Metrics } from './metrics.js';
import { Series } from './series.js';
import { webhooksInWords } from './webhooks-in-words.js';

/** Identifies the process that the metrics are from. The counters of two processes cannot be compared. */
const PROCESS = 'process_start_time_seconds';

interface Sample {
  readonly metrics: Metrics;
  /** The time of a monotonic clock, in milliseconds. */
  readonly at: number;
}

/** The values of the tiles and their history. */
export class MetricHistory {
  readonly sessions = new Series();
  readonly eventsPerSecond = new Series();
  readonly deliveriesPerSecond = new Series();
  readonly subscribers = new Series();
  readonly subscribersLagging = new Series();
  readonly lagSeconds = new Series();
  private last: Sample | undefined;

  /** Describes the delivery of webhooks by the latest metrics. Undefined: this node has sent none. */
  get webhooks(): string | undefined {
    return this.last && webhooksInWords(this.last.metrics);
  }

  /** `metrics` is undefined if the metrics could not be read. */
  add(metrics: Metrics | undefined, at: number): void {
    const sample = metrics && { metrics, at };
    this.sessions.push(metrics?.get('presence_store_sessions'));
    this.subscribers.push(metrics?.get('presence_subscribers'));
    this.subscribersLagging.push(metrics?.get('presence_subscribers_lagging'));
    this.lagSeconds.push(metrics?.get('presence_subscriber_lag_max_seconds'));
    this.eventsPerSecond.push(this.rate('presence_events_total', sample));
    this.deliveriesPerSecond.push(this.rate('presence_events_delivered_total', sample));
    this.last = sample;
  }

  /** Returns how much a counter grew per second since the last sample. Undefined if another process has responded. */
  private rate(name: string, sample: Sample | undefined): number | undefined {
    const { last } = this;
    if (sample === undefined || last === undefined) return undefined;
    if (sample.metrics.get(PROCESS) !== last.metrics.get(PROCESS)) return undefined;
    const [before, now] = [last.metrics.get(name), sample.metrics.get(name)];
    if (before === undefined || now === undefined || sample.at <= last.at) return undefined;
    return Math.max(0, ((now - before) * 1000) / (sample.at - last.at));
  }
}
