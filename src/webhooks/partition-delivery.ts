import type { PartitionLease } from '../store/partition-leases.js';
import { TimeSlice } from '../timers/time-slice.js';
import { MAX_BATCH_EVENTS, type Batch } from './batch.js';
import type { PartitionFeed } from './partition-feed.js';
import type { DeliveryResult } from './receiver.js';
import { retryAfterMs } from './retry-schedule.js';

/** Milliseconds to wait for more events, so that one request delivers several of them. */
const COLLECT_MS = 50;

/** Milliseconds after which an operation of the store that has failed is tried again. */
const STORE_RETRY_MS = 1000;

export interface DeliveryOptions {
  readonly feed: PartitionFeed;
  readonly lease: PartitionLease;
  /** Sends a batch once. */
  readonly post: (batch: Batch, signal: AbortSignal) => Promise<DeliveryResult>;
  /** Called with the result of each request. */
  readonly onResult: (result: DeliveryResult, batch: Batch) => void;
  /** Called if the store has failed. The delivery tries again. */
  readonly onStoreError: (error: unknown) => void;
  /** Whether this node must not deliver any more. It then keeps its leases, so that no other node starts to deliver. */
  readonly isStopped: () => boolean;
  /** The first pause after a failed request, in milliseconds. */
  readonly retryMs: number;
}

/**
 * Delivers the events of one partition while this node has its lease: one batch at a time, and the next one only after
 * the receiver has accepted it. It holds only the batch in flight in memory.
 */
export class PartitionDelivery {
  private readonly slice = new TimeSlice();
  private readonly idle = new Pause();
  private readonly retry = new Pause();
  private readonly aborting = new AbortController();
  private isDraining = false;
  private isEnding = false;
  private isLost = false;
  /** Whether there may be events that the last read of the feed did not find. */
  private hasNews = false;
  private batch: Batch | undefined;

  constructor(private readonly options: DeliveryOptions) {}

  get feed(): PartitionFeed {
    return this.options.feed;
  }

  /** The batch that the receiver has not accepted yet. */
  get inFlight(): Batch | undefined {
    return this.batch;
  }

  /** Delivers until the lease is lost or `finish` is called. Then it releases the lease. */
  async run(): Promise<void> {
    const { lease, feed, isStopped, onStoreError } = this.options;
    while (!this.isEnding) {
      if (isStopped() && !this.isDraining) await this.retry.wait();
      else if (isStopped()) this.finish();
      else await this.deliverNext().catch((error: unknown) => this.pauseAfter(error));
    }
    if (!this.isLost) await lease.release(feed.position).catch(onStoreError);
  }

  /** Reads the feed again, also if the delivery has just found nothing in it. */
  wake(): void {
    this.hasNews = true;
    this.idle.wake();
  }

  /** Ends the pause after a failed request, because the receiver has accepted another batch. */
  retryNow(): void {
    if (this.batch !== undefined) this.retry.wake();
  }

  /** Extends the lease. If another node waits for it, the delivery ends after the request in flight. */
  async renew(): Promise<void> {
    const { lease, feed } = this.options;
    const renewal = await lease.renew(feed.position);
    if (renewal === 'held') return;
    this.isLost = renewal === 'lost';
    if (this.isLost) this.abort();
    else this.finish();
  }

  /** Delivers the remaining events. The delivery ends after the last one, or with the first request that fails. */
  drain(): void {
    this.isDraining = true;
    this.idle.wake();
    this.retry.wake();
  }

  /** Ends the delivery after the request in flight. */
  finish(): void {
    this.isEnding = true;
    this.idle.wake();
    this.retry.wake();
  }

  /** Ends the delivery at once. The receiver gets the batch in flight again from the next holder of the lease. */
  abort(): void {
    this.finish();
    this.aborting.abort();
  }

  private async deliverNext(): Promise<void> {
    // The batches of all partitions would form one long slice of the event loop.
    if (this.batch === undefined) await this.slice.next();
    this.hasNews = false;
    this.batch ??= await this.feed.next();
    const { batch } = this;
    if (batch !== undefined) await this.deliver(batch);
    else if (this.isDraining) this.finish();
    else if (!this.hasNews) await this.idle.wait();
    // A full batch shows that more events wait already.
    const isFull = batch !== undefined && batch.events >= MAX_BATCH_EVENTS;
    if (!isFull && !this.isDraining && !this.isEnding) await this.retry.wait(COLLECT_MS);
  }

  private async deliver(batch: Batch): Promise<void> {
    const { lease, post, onResult, isStopped, retryMs } = this.options;
    for (let failures = 1; !this.isEnding && !isStopped(); failures++) {
      // A process that was suspended may have lost the lease.
      if (!lease.isValid) return this.renew();
      const result = await post(batch, this.aborting.signal);
      if (this.aborting.signal.aborted) return;
      onResult(result, batch);
      if (result.outcome === '2xx') {
        this.feed.take();
        this.batch = undefined;
        // The position is stored before the next batch, so that the next holder of the lease repeats at most this
        // batch.
        return this.store();
      }
      if (this.isDraining) return this.finish();
      if (this.isEnding || isStopped()) return;
      await this.retry.wait(retryAfterMs(failures, retryMs, result.retryAfterMs));
    }
  }

  /** Stores the position, and retries until it is stored. */
  private async store(): Promise<void> {
    while (!this.isLost) {
      try {
        return await this.renew();
      } catch (error) {
        if (this.isEnding) return;
        await this.pauseAfter(error);
      }
    }
  }

  private async pauseAfter(error: unknown): Promise<void> {
    this.options.onStoreError(error);
    if (!this.isEnding) await this.retry.wait(STORE_RETRY_MS);
  }
}

/** A wait that another caller can end early. At most one caller waits at a time. */
class Pause {
  private end: (() => void) | undefined;

  /** Resolves after that many milliseconds, or when `wake` is called. Undefined: only then. */
  async wait(ms?: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.end = resolve;
      if (ms !== undefined) timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
    this.end = undefined;
  }

  wake(): void {
    this.end?.();
  }
}
