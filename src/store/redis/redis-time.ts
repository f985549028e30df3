import type { Logger } from '@nestjs/common';
import type { RedisClient } from './redis-client.js';
import { scripts } from './script.js';

/** How many of the last answers are compared: the fastest of them tells the time best. */
const SAMPLES = 8;

/** By how many milliseconds clocks may drift apart while that many answers come. */
const DRIFT_MS = 5;

/** A skew beyond this many milliseconds is warned of. */
const WARN_BEYOND_MS = 1000;

export interface RedisTimeOptions {
  readonly port: RedisClient;
  /** By which the server is found that all nodes ask. */
  readonly key: string;
  /** Milliseconds that only ever grow. */
  readonly uptime: () => number;
  /** What the clock of this machine shows, in milliseconds since the epoch. */
  readonly machine: () => number;
  /** Told by how many milliseconds the time of Redis is ahead of `uptime`. */
  readonly follow: (aheadMs: number) => void;
  readonly logger: Pick<Logger, 'warn'>;
}

/** An answer of Redis, and by how many milliseconds it may be wrong. */
interface Sample {
  readonly aheadMs: number;
  readonly errorMs: number;
}

/**
 * The clock that all nodes share is that of Redis. Every answer is wrong by at most half of the time that it took, so the
 * fastest of the last ones is taken, as NTP does.
 */
export class RedisTime {
  private samples: readonly Sample[] = [];
  private skew = 0;
  private hasWarned = false;

  constructor(private readonly options: RedisTimeOptions) {}

  /** By how many milliseconds the clock of this machine is ahead of that of Redis. */
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
    // What does not fit was measured before the clock of Redis was set, or before another server took over.
    this.samples = [...this.samples.filter(fits), sample].slice(-SAMPLES);
    return this.samples.reduce((best, other) => (other.errorMs < best.errorMs ? other : best));
  }

  private warn(): void {
    const isSkewed = Math.abs(this.skew) > WARN_BEYOND_MS;
    if (isSkewed && !this.hasWarned) {
      const seconds = (Math.abs(this.skew) / 1000).toFixed(1);
      const direction = this.skew > 0 ? 'ahead of' : 'behind';
      this.options.logger.warn(
        `the clock of this machine is ${seconds} s ${direction} that of Redis; see that both are synchronized`,
      );
    }
    this.hasWarned = isSkewed;
  }
}
