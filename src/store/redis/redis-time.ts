import type { Logger } from '@nestjs/common';
import type { RedisClient } from './redis-client.js';
import { scripts } from './script.js';

/** The number of most recent samples to compare. The one with the shortest round trip is the most precise. */
const SAMPLES = 8;

/** The milliseconds that clocks may drift apart while these samples are taken. */
const DRIFT_MS = 5;

/** The skew in milliseconds above which the node logs a warning. */
const WARN_BEYOND_MS = 1000;

export interface RedisTimeOptions {
  readonly port: RedisClient;
  /** The key that selects the server, so that all nodes read the same clock. */
  readonly key: string;
  /** A monotonic clock in milliseconds. */
  readonly uptime: () => number;
  /** The clock of this machine, in milliseconds since the epoch. */
  readonly machine: () => number;
  /** Called with the milliseconds by which the time of Redis is ahead of `uptime`. */
  readonly follow: (aheadMs: number) => void;
  readonly logger: Pick<Logger, 'warn'>;
}

/** A measurement of the Redis clock, and its maximum error in milliseconds. */
interface Sample {
  readonly aheadMs: number;
  readonly errorMs: number;
}

/**
 * Follows the clock of Redis, which all nodes share. A measurement is wrong by at most half of its round-trip time, so
 * the fastest of the latest ones is used, as in NTP.
 */
export class RedisTime {
  private samples: readonly Sample[] = [];
  private skew = 0;
  private hasWarned = false;

  constructor(private readonly options: RedisTimeOptions) {}

  /** Milliseconds by which the clock of this machine is ahead of the clock of Redis. */
  get skewMs(): number {
    return this.skew;
  }

  async measure(): Promise<void> {
    const { port, key, uptime, machine, follow } = this.options;
    const askedAt = uptime();
    const [seconds, micros] = (await port.run(scripts.time, [key], [])) as [string, string];
    const errorMs = (uptime() - askedAt) / 2;
    const aheadMs = Number(seconds) * 1000 + Number(micros) / 1000 - (askedAt + errorMs);
    const best = this.take({ aheadMs, errorMs });
    follow(best.aheadMs);
    this.skew = machine() - (uptime() + best.aheadMs);
    this.warn();
  }

  private take(sample: Sample): Sample {
    const fits = ({ aheadMs, errorMs }: Sample): boolean =>
      Math.abs(aheadMs - sample.aheadMs) <= errorMs + sample.errorMs + DRIFT_MS;
    // Samples that do not fit are from before a change of the Redis clock, or from before a failover.
    this.samples = [...this.samples.filter(fits), sample].slice(-SAMPLES);
    return this.samples.reduce((best, other) => (other.errorMs < best.errorMs ? other : best));
  }

  private warn(): void {
    const isSkewed = Math.abs(this.skew) > WARN_BEYOND_MS;
    if (isSkewed && !this.hasWarned) {
      const seconds = (Math.abs(this.skew) / 1000).toFixed(1);
      const direction = this.skew > 0 ? 'ahead of' : 'behind';
      this.options.logger.warn(
        `The clock of this machine is ${seconds} s ${direction} that of Redis; synchronize both clocks`,
      );
    }
    this.hasWarned = isSkewed;
  }
}
