import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { RejectedError } from '../domain/rejected-error.js';
import { ServingStatus } from '../health/serving-status.js';

/** A long call that must not outlive the server. */
export interface DrainableStream {
  /** Tells the client to come back after that many milliseconds, and is waited for. Absent: ends without notice. */
  announceDrain?(reconnectAfterMs: number): void;
  end(refusal: RejectedError): void;
}

/**
 * The end of the server, in order: not ready and nothing new let in, sessions told to move, and once they have gone
 * or three quarters of `DRAIN_TIMEOUT_MS` have passed, every stream ended with UNAVAILABLE. The rest of the time is
 * for closing the ports.
 */
@Injectable()
export class ConnectionDrainer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly streams = new Set<DrainableStream>();
  /** How many of them are waited for. */
  private sessions = 0;
  private draining = false;
  private onLastSessionLeft = (): void => {};

  constructor(
    private readonly serving: ServingStatus,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Whether the server is about to stop. */
  get isDraining(): boolean {
    return this.draining;
  }

  /** How many streams are open. */
  get size(): number {
    return this.streams.size;
  }

  /** Lets a stream in and returns its way out. Refuses it once the server is about to stop. */
  register(stream: DrainableStream): () => void {
    if (this.draining) throw stopping();
    this.streams.add(stream);
    if (stream.announceDrain) this.sessions++;
    return () => {
      this.streams.delete(stream);
      if (stream.announceDrain && --this.sessions === 0) this.onLastSessionLeft();
    };
  }

  onApplicationBootstrap(): void {
    this.serving.set(true);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.draining = true;
    this.serving.set(false);
    const { drainTimeoutMs } = this.config;
    for (const stream of this.streams) {
      stream.announceDrain?.(Math.round(Math.random() * (drainTimeoutMs / 2)));
    }
    await this.waitForSessions((drainTimeoutMs * 3) / 4);
    for (const stream of this.streams) stream.end(stopping());
  }

  private async waitForSessions(withinMs: number): Promise<void> {
    if (this.sessions === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.onLastSessionLeft = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function stopping(): RejectedError {
  return new RejectedError('DRAINING', 'the server is about to stop; connect again');
}
