import { setTimeout as sleep } from 'node:timers/promises';
import {
  Delivery as DeliveryMode,
  Sync,
  type SubscribeRequest,
  type SubscribeResponse,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import type { Presence } from '../../src/api/generated/presence/v1/presence.pb.js';
import { Client } from '../support/client.js';
import { msOf } from '../support/in-words.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';
import { pictureOf } from './checks/picture.js';
import { deliveryOf, type Delivery } from './delivery.js';
import type { History, Stretch } from './history.js';
import type { NodeProcess } from './node-process.js';

const BEGINS_WITHIN_MS = 4000;
const AGAIN_MS = 250;

/** The state of a subscriber when it receives a resume token. */
interface Checkpoint {
  readonly token: string;
  readonly at: number;
  readonly picture: readonly Presence[];
}

/**
 * A subscriber to all users. It stays on one node until the stream ends, and then moves to the
 * next.
 */
export class Watcher {
  private isClosed = false;
  private client: Client | undefined;
  private current: Stretch | undefined;
  private checkpoint: Checkpoint | undefined;

  constructor(
    readonly name: string,
    private readonly token: string,
    private readonly nodes: readonly NodeProcess[],
    private at: number,
    private readonly history: History,
  ) {}

  /** The subscription that is up to date now, or undefined. */
  get stretch(): Stretch | undefined {
    return this.current;
  }

  async watch(): Promise<void> {
    while (!this.isClosed) {
      const node = this.nodes[this.at % this.nodes.length]!;
      this.client = new Client([node.address], this.token);
      await this.follow(node, this.client.subscribe(this.request()));
      if (this.current !== undefined) this.current.until = Date.now();
      this.current = undefined;
      this.client.close();
      this.at++;
      await sleep(AGAIN_MS);
    }
  }

  /** Makes the current state the new start of the record. */
  startOver(): void {
    if (this.current === undefined) return;
    const snapshot = [...pictureOf(this.current).values()];
    this.current = { ...this.current, from: Date.now(), isResumed: true, snapshot, deliveries: [] };
    this.history.stretches.push(this.current);
  }

  close(): void {
    this.isClosed = true;
    this.client?.close();
  }

  /** Continues where the last stream ended, on any node. */
  private request(): Partial<SubscribeRequest> {
    const resumeToken = this.checkpoint?.token ?? '';
    return { resumeToken, delivery: DeliveryMode.DELIVERY_EVERY_EVENT };
  }

  private async follow(node: NodeProcess, reader: SubscriptionReader): Promise<void> {
    const timer = setTimeout(() => reader.cancel(), BEGINS_WITHIN_MS);
    let resumed = this.checkpoint;
    const snapshot: Presence[] = [];
    const missed: Delivery[] = [];
    try {
      for (;;) {
        const message = await reader.next();
        if (message.sync === Sync.SYNC_RESET) resumed = undefined;
        snapshot.push(...message.snapshot);
        if (this.current === undefined) missed.push(...caughtUp(message));
        else this.current.deliveries.push(...heardNow(message));
        if (message.sync === Sync.SYNC_CURRENT) {
          clearTimeout(timer);
          this.current = {
            subscriber: this.name,
            node: node.name,
            from: resumed?.at ?? Date.now(),
            isResumed: resumed !== undefined,
            snapshot: resumed?.picture ?? snapshot,
            deliveries: missed,
          };
          this.history.stretches.push(this.current);
        }
        this.remember(message.resumeToken);
      }
    } catch {
      // The stream has ended. The watcher tries the next node.
    } finally {
      clearTimeout(timer);
    }
  }

  private remember(token: string): void {
    if (token === '' || this.current === undefined) return;
    this.checkpoint = { token, at: Date.now(), picture: [...pictureOf(this.current).values()] };
  }
}

/** A replayed event counts as received when it happened. */
function caughtUp({ events }: SubscribeResponse): readonly Delivery[] {
  return events.map((event) => deliveryOf(event, msOf(event.occurredAt)!));
}

function heardNow({ events }: SubscribeResponse): readonly Delivery[] {
  return events.map((event) => deliveryOf(event, Date.now()));
}
