import { setTimeout as sleep } from 'node:timers/promises';
import { FailureCount } from '../failure-count.js';
import type { Target } from '../target.js';
import type { TokenSigner } from '../tokens.js';
import { LoadClients } from './crowd.js';
import { Latencies } from './latencies.js';

/** How long what is still on its way is waited for. */
const DRAIN_WAIT_MS = 5000;

/** How often is looked what is due. */
const TICK_MS = 5;

export interface BenchPlan {
  readonly sessions: number;
  /** How many of them are in a channel together. */
  readonly channelSize: number;
  /** Changes a second, of all sessions in turn. */
  readonly rate: number;
  readonly seconds: number;
}

/**
 * A simple load on a running service: one status text after the other is set, and seen by everyone in the channel. Times
 * count from when a change was due, so that those that had to wait for others are not left out.
 */
export class Bench {
  readonly commits = new Latencies();
  readonly deliveries = new Latencies();
  /** How many deliveries there should be. A reader that is behind is given the latest only. */
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

  /** Makes the changes. `onProgress` is told how many have been. */
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

  /** The last channel may be smaller. */
  private sizeOfChannel(index: number): number {
    const { sessions, channelSize } = this.plan;
    const first = index - (index % channelSize);
    return Math.min(channelSize, sessions - first);
  }
}
