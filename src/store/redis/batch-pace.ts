import type { Logger } from '@nestjs/common';
import { endOfIteration } from '../../timers/end-of-iteration.js';
import type { RedisClient } from './redis-client.js';
import { PACE_MS, TICK_MS } from './timings.js';

export interface PaceOptions {
  /** The Redis servers between which the partitions are divided. */
  readonly port: Pick<RedisClient, 'primaries'>;
  /** Above this number of pub/sub messages per second from one Redis server, batches are sent at ticks. */
  readonly maxMessagesPerSecond: number;
  /** The number of nodes, each of which receives every batch. */
  readonly nodes: () => number;
  /** The service time, which is nearly the same on all nodes. */
  readonly now: () => number;
  /** A monotonic clock in milliseconds. */
  readonly uptime: () => number;
  readonly logger: Pick<Logger, 'log'>;
}

/**
 * Decides when a node sends its batches. Redis sends each batch to every node, and a write to a node costs Redis 20 times as
 * much as a further batch in the same write. So while Redis sends many messages, all nodes send their batches at the same
 * ticks of the service time: batches that arrive together share the writes. A commit waits for half a tick on average.
 */
export class BatchPace {
  private batches = 0;
  private measuredAt: number;
  private hasTicks = false;
  private tick: Promise<void> | undefined;

  constructor(private readonly options: PaceOptions) {
    this.measuredAt = options.uptime();
  }

  /** Notes a batch of any node. */
  count(): void {
    this.batches++;
    const passed = this.options.uptime() - this.measuredAt;
    if (passed >= PACE_MS) this.decide(passed / 1000);
  }

  /** Resolves when batches may be sent. All callers of that time continue in the same slice of the event loop. */
  async turn(): Promise<void> {
    if (this.hasTicks) await (this.tick ??= this.nextTick());
    await endOfIteration();
  }

  private decide(seconds: number): void {
    const { port, maxMessagesPerSecond, nodes, uptime, logger } = this.options;
    const messages = Math.round((this.batches * nodes()) / port.primaries.length / seconds);
    [this.batches, this.measuredAt] = [0, uptime()];
    // With ticks, the same commits may need fewer batches.
    const hasTicks = messages > maxMessagesPerSecond / (this.hasTicks ? 2 : 1);
    if (hasTicks === this.hasTicks) return;
    this.hasTicks = hasTicks;
    const interval = hasTicks ? `every ${TICK_MS} ms` : 'at once';
    logger.log(
      `Commits are sent ${interval}: each Redis server sends ${messages} messages per second to the nodes.`,
    );
  }

  private nextTick(): Promise<void> {
    const ms = Math.ceil(TICK_MS - (this.options.now() % TICK_MS));
    return new Promise((resolve) => {
      setTimeout(() => {
        this.tick = undefined;
        resolve();
      }, ms);
    });
  }
}
