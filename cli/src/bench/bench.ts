import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenSigner } from '#server/auth/token-signer.js';
import type { Target } from '../options/target.js';
import { FailureCount } from '../runtime/failure.js';
import { LoadClients } from './load-clients.js';

/** The maximum time to wait for pending changes and deliveries at the end, in milliseconds. */
const DRAIN_WAIT_MS = 5000;

/** Interval in milliseconds at which due changes are started. */
const TICK_MS = 5;

export interface BenchPlan {
  readonly sessions: number;
  /** The number of sessions in each channel. */
  readonly channelSize: number;
  /** The number of changes per second. Each change uses the next session. */
  readonly rate: number;
  readonly seconds: number;
}

/**
 * A simple load on a running service: sessions set status texts one after the other, and everyone in the channel
 * receives them. Latencies count from the time at which a change was due, so they include the time that it waited for
 * other changes.
 */
export class Bench {
  readonly commits = new Latencies();
  readonly deliveries = new Latencies();
  /**
   * The expected number of deliveries. A lagging subscription receives only the latest event of each user, so there
   * can be fewer.
   */
  expected = 0;
  readonly failures = new FailureCount();
  private readonly crowd: LoadClients;
  private beganAt = 0;
  private underWay = 0;

  constructor(
    private readonly plan: BenchPlan,
    target: Target,
    signer: TokenSigner,
  ) {
    this.crowd = new LoadClients(target, signer, plan.channelSize, (text) => {
      this.deliveries.note(performance.now() - this.dueAt(Number(text)));
    });
  }

  gather(signal: AbortSignal, onArrival: (count: number) => void): Promise<void> {
    return this.crowd.gather(this.plan.sessions, signal, onArrival);
  }

  /** Makes the changes. Calls `onProgress` with the number of changes started so far. */
  async run(signal: AbortSignal, onProgress: (changes: number) => void): Promise<void> {
    const changes = this.plan.rate * this.plan.seconds;
    this.beganAt = performance.now();
    for (let next = 0; next < changes && !signal.aborted;) {
      while (next < changes && this.dueAt(next) <= performance.now()) void this.change(next++);
      onProgress(next);
      await sleep(TICK_MS);
    }
    const giveUpAt = performance.now() + DRAIN_WAIT_MS;
    while (this.isWaiting && !signal.aborted && performance.now() < giveUpAt) await sleep(TICK_MS);
  }

  close(): Promise<void> {
    return this.crowd.close();
  }

  private get isWaiting(): boolean {
    return this.underWay > 0 || this.deliveries.count < this.expected;
  }

  private dueAt(change: number): number {
    return this.beganAt + (change * 1000) / this.plan.rate;
  }

  private async change(number: number): Promise<void> {
    const { members } = this.crowd;
    const index = number % members.length;
    this.underWay++;
    try {
      await members[index]!.session.setStatus('automatic', { text: String(number) });
      this.commits.note(performance.now() - this.dueAt(number));
      this.expected += this.sizeOfChannel(index);
    } catch (error) {
      this.failures.note(error);
    } finally {
      this.underWay--;
    }
  }

  /** Returns the number of sessions in the channel of a session. The last channel may be smaller. */
  private sizeOfChannel(index: number): number {
    const { sessions, channelSize } = this.plan;
    const first = index - (index % channelSize);
    return Math.min(channelSize, sessions - first);
  }
}

/** A histogram of latencies for percentiles. Its memory use does not depend on the number of values. */
export class Latencies {
  /** The values are in microseconds. */
  private readonly histogram: RecordableHistogram = createHistogram();

  note(ms: number): void {
    // The histogram accepts no value below one.
    this.histogram.record(Math.max(1, Math.round(ms * 1000)));
  }

  get count(): number {
    return this.histogram.count;
  }

  /** Returns a percentile in milliseconds. */
  percentile(percent: number): number {
    return this.histogram.percentile(percent) / 1000;
  }
}
