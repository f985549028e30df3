import { setTimeout as sleep } from 'node:timers/promises';
import { Delivery } from '../../src/api/generated/presence/v1/events_service.pb.js';
import { Client } from '../support/client.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';
import type { NodeProcess } from './node-process.js';
import { Random } from './random.js';
import { tokenOf } from './tokens.js';

const PER_NODE = 5;

/** Long enough for the flow-control windows of HTTP/2 to fill. */
const LEAST_PAUSE_MS = 5000;
const MOST_PAUSE_MS = 40_000;

/** The reading time between two pauses, and the time between two subscriptions of a reader. */
const READS_MS = 1500;
const AWAY_MS = 500;

/** Subscribers that repeatedly stop reading, and finally disconnect with unread messages. */
export class SlowReaders {
  private readonly random: Random;
  private isOver = false;
  /** The number of their subscriptions so far. */
  subscriptions = 0;

  constructor(
    private readonly nodes: readonly NodeProcess[],
    seed: number,
  ) {
    this.random = new Random(seed + 2);
  }

  async begin(): Promise<void> {
    const token = await tokenOf('slow-reader');
    for (const node of this.nodes) {
      for (let i = 0; i < PER_NODE; i++) {
        const delivery = i % 2 === 0 ? Delivery.DELIVERY_EVERY_EVENT : Delivery.DELIVERY_LATEST;
        void this.dawdle(node, token, delivery);
      }
    }
  }

  end(): void {
    this.isOver = true;
  }

  private async dawdle(node: NodeProcess, token: string, delivery: Delivery): Promise<void> {
    while (!this.isOver) {
      const client = new Client([node.address], token);
      this.subscriptions++;
      await this.readSlowly(client.subscribe({ delivery }));
      client.close();
      await sleep(AWAY_MS);
    }
  }

  /** Returns when the subscription has ended, or after its last pause. */
  private async readSlowly(reader: SubscriptionReader): Promise<void> {
    let hasEnded = false;
    void reader.ended.then(() => (hasEnded = true));
    const pauses = this.random.between(1, 3);
    for (let i = 0; i < pauses && !hasEnded && !this.isOver; i++) {
      reader.resume();
      await sleep(READS_MS);
      reader.takeArrived();
      reader.pause();
      await sleep(this.random.between(LEAST_PAUSE_MS, MOST_PAUSE_MS));
    }
    reader.cancel();
  }
}
