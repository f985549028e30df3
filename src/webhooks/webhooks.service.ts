import { setTimeout as sleep } from 'node:timers/promises';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { Clock } from '../clock/clock.js';
import { Config } from '../config/config.js';
import { EventLog } from '../event-log/event-log.js';
import { CommitHistory } from '../store/commit-history.js';
import { PartitionLeases, type PartitionLease } from '../store/partition-leases.js';
import { PresenceStore } from '../store/presence-store.js';
import { describeError, safeText } from '../text/safe-text.js';
import { IntervalTask } from '../timers/interval-task.js';
import type { Batch } from './batch.js';
import { PartitionDelivery } from './partition-delivery.js';
import { PartitionFeed } from './partition-feed.js';
import { Receiver, type DeliveryResult } from './receiver.js';
import { WebhookCounters } from './webhook-counters.js';

/** Milliseconds that a stopping node has for the remaining events, and again for requests in flight. */
const FINISH_WITHIN_MS = 1000;

/** The lag of the receiver, in the partitions that this node delivers. */
export interface WebhookLag {
  readonly events: number;
  /** The age of the oldest of these events, in milliseconds. */
  readonly ms: number;
}

/**
 * Delivers the events of the partitions whose leases this node has to the backend of the operator. Nothing waits for it: a
 * delivery reads the event log when its receiver is ready.
 */
@Injectable()
export class WebhooksService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Webhooks');
  private readonly deliveries = new Map<number, PartitionDelivery>();
  private readonly running = new Set<Promise<void>>();
  private readonly leasing: IntervalTask;
  private subscription: Subscription | undefined;
  private isFailing = false;
  private isGone = false;

  constructor(
    private readonly store: PresenceStore,
    private readonly log: EventLog,
    private readonly history: CommitHistory,
    private readonly leases: PartitionLeases,
    private readonly clock: Clock,
    private readonly config: Config,
    private readonly receiver: Receiver,
    private readonly counters: WebhookCounters,
  ) {
    this.leasing = new IntervalTask(leases.renewEveryMs, () => this.renewLeases());
  }

  /** Whether the receiver has ended the delivery of this node with status 410. */
  get isStopped(): boolean {
    return this.isGone;
  }

  /** Computes the lag. It reads the part of the event log that the receiver has not accepted. */
  get lag(): WebhookLag {
    let [events, oldest] = [0, Infinity];
    const feeds = [...this.deliveries.values()].map(({ feed }) => feed);
    const from = Math.max(this.log.tail, Math.min(...feeds.map(({ offsetTaken }) => offsetTaken)));
    for (let entry = this.log.at(from); entry; entry = this.log.at(entry.position + 1)) {
      if (!this.deliveries.get(entry.partition)?.feed.isPending(entry)) continue;
      events++;
      oldest = Math.min(oldest, entry.occurredAt);
    }
    for (const { isBehindLog, position } of feeds)
      if (isBehindLog) oldest = Math.min(oldest, position!.occurredAt);
    return { events, ms: oldest === Infinity ? 0 : Math.max(0, this.clock.now() - oldest) };
  }

  async onApplicationBootstrap(): Promise<void> {
    const { url } = this.config.webhook;
    if (url === undefined) return;
    this.logger.log(`Events are delivered to ${new URL(url).origin}.`);
    this.subscription = this.store.partitionResets.subscribe(({ partition, isComplete }) => {
      if (isComplete) return;
      const delivery = this.deliveries.get(partition);
      delivery?.feed.noteReset();
      delivery?.wake();
    });
    this.subscription.add(
      this.store.commits.subscribe(({ position: { partition } }) =>
        this.deliveries.get(partition)?.wake(),
      ),
    );
    await this.renewLeases();
    this.leasing.start();
  }

  /**
   * Delivers the remaining events within a time limit, then releases the leases. The sessions of the node have ended
   * before.
   */
  async onApplicationShutdown(): Promise<void> {
    if (this.subscription === undefined) return;
    await this.leasing.stop();
    for (const delivery of this.deliveries.values()) delivery.drain();
    await this.endedWithin(FINISH_WITHIN_MS);
    for (const delivery of this.deliveries.values()) delivery.abort();
    await this.endedWithin(FINISH_WITHIN_MS);
    this.subscription.unsubscribe();
  }

  private async endedWithin(ms: number): Promise<void> {
    await Promise.race([Promise.all(this.running), sleep(ms, undefined, { ref: false })]);
  }

  private async renewLeases(): Promise<void> {
    const partitions = Array.from({ length: this.leases.partitions }, (_, partition) => partition);
    await Promise.all(
      partitions.map((partition) => this.renewLease(partition).catch(this.noteStoreError)),
    );
  }

  private async renewLease(partition: number): Promise<void> {
    const delivery = this.deliveries.get(partition);
    if (delivery !== undefined) return delivery.renew();
    const lease = await this.leases.acquire(partition);
    if (lease !== undefined) this.start(partition, lease);
  }

  private start(partition: number, lease: PartitionLease): void {
    const { log, history, clock, store, counters, receiver } = this;
    const { webhook, fixed } = this.config;
    const feed = new PartitionFeed(
      {
        ...{ partition, log, history, source: webhook.source, kinds: webhook.events },
        now: () => clock.now(),
        awaitCurrent: () => store.view.awaitCurrent(),
        onGap: () => counters.gaps++,
      },
      lease.position,
    );
    const delivery = new PartitionDelivery({
      ...{ feed, lease, retryMs: fixed.webhookRetryMs },
      post: (batch, signal) => receiver.post(batch, signal),
      onResult: (result, batch) => this.note(result, batch),
      onStoreError: this.noteStoreError,
      isStopped: () => this.isGone,
    });
    this.deliveries.set(partition, delivery);
    const running = delivery.run().finally(() => {
      this.deliveries.delete(partition);
      this.running.delete(running);
    });
    this.running.add(running);
  }

  private note({ outcome, reason }: DeliveryResult, batch: Batch): void {
    this.counters.requests[outcome]++;
    if (outcome === '2xx') {
      this.counters.events += batch.events;
      if (this.isFailing) this.logger.log('Webhooks are delivered again.');
      this.isFailing = false;
      for (const delivery of this.deliveries.values()) delivery.retryNow();
    } else if (outcome === '410') {
      if (!this.isGone)
        this.logger.error(
          'The receiver of webhooks responded with 410 Gone. This node delivers no more events until it is restarted.',
        );
      this.isGone = true;
    } else {
      if (!this.isFailing)
        this.logger.warn(`Webhooks cannot be delivered and are retried: ${safeText(reason)}.`);
      this.isFailing = true;
    }
  }

  /** The operation is repeated, and operators see errors of Redis in other log entries. */
  private readonly noteStoreError = (error: unknown): void => {
    this.logger.debug(`A lease could not be renewed: ${describeError(error)}`);
  };
}
