import { setTimeout as sleep } from 'node:timers/promises';
import { Delivery } from '../../src/api/generated/presence/v1/events_service.pb.js';
import { Client } from '../support/client.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';
import type { NodeProcess } from './node-process.js';
import { Random } from './random.js';
import { tokenOf } from './tokens.js';

const PER_NODE = 5;

/** Long enough for the windows of HTTP/2 to fill. */
const LEAST_PAUSE_MS = 5000;
const MOST_PAUSE_MS = 40_000;

/** What is read between two pauses, and how long a reader stays away. */
const READS_MS = 1500;
const AWAY_MS = 500;

/** Subscribers who stop reading again and again, and in the end go without having read what they were sent. */
export class SlowReaders {
  private readonly random: Random;
  private isOver = false;
  /** How many subscriptions of theirs there were so far. */
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

  /** Returns when the subscription has ended, or has not been read for the last time. */
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
