import type { EventBatch } from '@presence-service/client';
import type { Handlers } from './presence-handlers.js';

/**
 * Calls the handlers with the content of batches: the reset, then each event, each for one handler after the other. When a
 * handler fails, the consumer hands over the same batch again, and the calls go on with the one that failed.
 */
export class BatchProgress {
  private batch: EventBatch | undefined;
  private calls: readonly (() => unknown)[] = [];
  private done = 0;

  constructor(private readonly handlers: Handlers) {}

  async handle(batch: EventBatch): Promise<void> {
    if (batch !== this.batch) {
      this.batch = batch;
      this.calls = [...this.callsFor(batch)];
      this.done = 0;
    }
    for (; this.done < this.calls.length; this.done++) await this.calls[this.done]!();
  }

  private *callsFor({ reset, events }: EventBatch): Generator<() => unknown> {
    const { ofEvents, ofResets } = this.handlers;
    if (reset !== undefined) for (const { call } of ofResets) yield () => call(reset);
    for (const event of events) {
      for (const { kinds, call } of ofEvents) {
        if (kinds?.has(event.kind) ?? true) yield () => call(event);
      }
    }
  }
}
