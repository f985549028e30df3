import type { DeliveryPosition } from '../store/partition-leases.js';
import { batchIdOf, type CloudEvent } from './cloud-event.js';

/** The maximum number of events of a request, unless a single commit has more. */
export const MAX_BATCH_EVENTS = 100;

/** The maximum size of a request in bytes, unless a single commit is larger. */
export const MAX_BATCH_BYTES = 256 * 1024;

/** Events that one request delivers. */
export interface Batch {
  /** The same for the same events, on all nodes. */
  readonly id: string;
  /** A JSON array of CloudEvents. */
  readonly body: string;
  readonly events: number;
  /** The position of the partition when the receiver has accepted the batch. */
  readonly position: DeliveryPosition | undefined;
}

/** Collects the events of complete commits until a request is full. */
export class BatchBuilder {
  private readonly events: CloudEvent[] = [];
  /** The size of the JSON array: its brackets, the events, and a comma after each but the last. */
  private bytes = 1;

  get isEmpty(): boolean {
    return this.events.length === 0;
  }

  /** Adds the events of a commit and returns true. Returns false if the request has no room for all of them. */
  add(events: readonly CloudEvent[]): boolean {
    const bytes = events.reduce((sum, { json }) => sum + Buffer.byteLength(json) + 1, 0);
    const fits =
      this.events.length + events.length <= MAX_BATCH_EVENTS &&
      this.bytes + bytes <= MAX_BATCH_BYTES;
    if (!fits && !this.isEmpty) return false;
    this.events.push(...events);
    this.bytes += bytes;
    return true;
  }

  build(position: DeliveryPosition | undefined): Batch {
    const { events } = this;
    const body = `[${events.map(({ json }) => json).join()}]`;
    return { id: batchIdOf(events), body, events: events.length, position };
  }
}
