import { setTimeout as sleep } from 'node:timers/promises';
import {
  Delivery as DeliveryMode,
  Sync,
  type SubscribeRequest,
  type SubscribeResponse,
} from '../../src/grpc/generated/presence/v1/events_service.pb.js';
import type { Presence } from '../../src/grpc/generated/presence/v1/presence.pb.js';
import { Client } from '../support/client.js';
import { msOf } from '../support/in-words.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';
import type { History, Stretch } from './history.js';
import type { NodeProcess } from './node-process.js';

const BEGINS_WITHIN_MS = 4000;
const AGAIN_MS = 250;

/** Somebody who follows everyone, on one node as long as it is there, and then on the next. */
export class Watcher {
  private isClosed = false;
  private client: Client | undefined;
  private current: Stretch | undefined;

  constructor(
    readonly name: string,
    private readonly token: string,
    private readonly nodes: readonly NodeProcess[],
    private at: number,
    private readonly history: History,
  ) {}

  /** The subscription that is up to date at the moment, if one is. */
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

  close(): void {
    this.isClosed = true;
    this.client?.close();
  }

  /** Begins with a snapshot on every node. To go on where the last stream ended, its `resume_token` belongs here. */
  private request(): Partial<SubscribeRequest> {
    return { resumeToken: '', delivery: DeliveryMode.DELIVERY_EVERY_EVENT };
  }

  private async follow(node: NodeProcess, reader: SubscriptionReader): Promise<void> {
    const timer = setTimeout(() => reader.cancel(), BEGINS_WITHIN_MS);
    const snapshot: Presence[] = [];
    try {
      for (;;) {
        const message = await reader.next();
        snapshot.push(...message.snapshot);
        if (message.sync === Sync.SYNC_CURRENT) {
          clearTimeout(timer);
          this.current = {
            subscriber: this.name,
            node: node.name,
            from: Date.now(),
            snapshot,
            deliveries: [],
          };
          this.history.stretches.push(this.current);
        }
        this.take(message);
      }
    } catch {
      // The stream has ended; there are other nodes.
    } finally {
      clearTimeout(timer);
    }
  }

  private take({ events }: SubscribeResponse): void {
    const at = Date.now();
    for (const { presence, occurredAt, reason, change } of events) {
      this.current?.deliveries.push({
        at,
        occurredAt: msOf(occurredAt)!,
        kind: change!.$case,
        reason,
        presence: presence!,
      });
    }
  }
}
