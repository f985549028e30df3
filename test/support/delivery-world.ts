import { vi } from 'vitest';
import type { EventLog } from '../../src/event-log/event-log.js';
import type { DeliveryPosition, Renewal } from '../../src/store/partition-leases.js';
import { append, eventOf, newLog } from './log.js';
import { type Batch } from '../../src/webhooks/batch.js';
import { PartitionDelivery } from '../../src/webhooks/partition-delivery.js';
import { PartitionFeed } from '../../src/webhooks/partition-feed.js';
import type { DeliveryResult, Outcome } from '../../src/webhooks/receiver.js';

/** The first pause of a delivery after a failed request, in milliseconds. */
export const RETRY_MS = 1000;

/** A request to the receiver that has not been answered yet. */
export interface Request {
  readonly batch: Batch;
  readonly signal: AbortSignal;
  result(outcome: Outcome, retryAfterMs?: number): Promise<void>;
}

/** A delivery whose receiver and store do what the test says. */
export class DeliveryWorld {
  readonly log: EventLog = newLog({ size: 1000 });
  readonly requests: Request[] = [];
  readonly stored: (DeliveryPosition | undefined)[] = [];
  readonly released: (DeliveryPosition | undefined)[] = [];
  readonly errors: unknown[] = [];
  renewal: Renewal | Error = 'held';
  isValid = true;
  isStopped = false;
  hasEnded = false;
  readonly feed = new PartitionFeed(
    {
      ...{ partition: 0, log: this.log, source: 'here', kinds: undefined, now: () => 0 },
      history: {
        keepsCommits: true,
        readAfter: async () => undefined,
        readOldest: async () => undefined,
        isContinuousFrom: () => true,
        positionOf: async () => undefined,
      },
      awaitCurrent: () => Promise.resolve(),
      onGap: () => {},
    },
    undefined,
  );
  readonly delivery: PartitionDelivery;
  private version = 0;

  constructor() {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- a getter of an object literal has another `this`
    const world = this;
    this.delivery = new PartitionDelivery({
      feed: this.feed,
      lease: {
        position: undefined,
        get isValid() {
          return world.isValid;
        },
        renew: async (position) => {
          if (this.renewal instanceof Error) throw this.renewal;
          this.stored.push(position);
          return this.renewal;
        },
        release: async (position) => void this.released.push(position),
      },
      post: (batch, signal) =>
        new Promise<DeliveryResult>((resolve) => {
          const result = async (outcome: Outcome, retryAfterMs?: number): Promise<void> => {
            resolve({ outcome, reason: 'as the test says', retryAfterMs });
            await vi.advanceTimersByTimeAsync(0);
          };
          signal.addEventListener('abort', () => void result('unreachable'));
          this.requests.push({ batch, signal, result });
        }),
      onResult: ({ outcome }) => (this.isStopped ||= outcome === '410'),
      onStoreError: (error) => this.errors.push(error),
      isStopped: () => this.isStopped,
      retryMs: RETRY_MS,
    });
  }

  /** Starts the delivery, and takes the gap event of the unknown position. */
  async start(): Promise<void> {
    void this.delivery.run().then(() => (this.hasEnded = true));
    await vi.advanceTimersByTimeAsync(0);
    await this.requests.shift()!.result('2xx');
    this.stored.length = 0;
  }

  /** Commits events of one user and wakes the delivery, as the service does. */
  async commit(count = 1): Promise<void> {
    for (let i = 0; i < count; i++) {
      append(this.log, [eventOf('alice', ++this.version)]);
      this.delivery.wake();
    }
    await vi.advanceTimersByTimeAsync(50);
  }

  /** Returns the versions of the events in a request, which identify them. */
  versionsOf({ batch }: Request): readonly number[] {
    const events = JSON.parse(batch.body) as { data: { presence?: { version: string } } }[];
    return events.map(({ data }) => Number(data.presence?.version));
  }
}
