import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Config } from '../config/config.js';
import { RejectedError } from '../domain/rejected-error.js';
import { ServingStatus } from '../health/serving-status.js';

/** A stream that must end before the server stops. */
export interface DrainableStream {
  /**
   * Asks the client to reconnect after that many milliseconds. The drainer waits for streams with this method; other
   * streams end without notice.
   */
  announceDrain?(reconnectAfterMs: number): void;
  end(rejection: RejectedError): void;
}

/**
 * Drains the node at shutdown. The node reports that it is not ready, rejects new streams, and asks the clients of
 * its sessions to reconnect elsewhere. When all sessions have ended, or after three quarters of `DRAIN_TIMEOUT_MS`,
 * it ends every stream with UNAVAILABLE. The remaining time is for closing the ports.
 */
@Injectable()
export class ConnectionDrainer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly streams = new Set<DrainableStream>();
  /** The number of streams that the drainer waits for. */
  private sessions = 0;
  private draining = false;
  private onLastSessionLeft = (): void => {};

  constructor(
    private readonly serving: ServingStatus,
    private readonly config: Config,
  ) {}

  /** Whether the server is draining. */
  get isDraining(): boolean {
    return this.draining;
  }

  /** The number of open streams. */
  get size(): number {
    return this.streams.size;
  }

  /** Registers a stream and returns the function that removes it. Throws DRAINING while the server drains. */
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
    const { drainTimeoutMs } = this.config.process;
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
