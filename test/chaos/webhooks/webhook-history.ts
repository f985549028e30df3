import { partitionOf } from '../../../src/store/redis/keys.js';
import type { Delivery } from '../delivery.js';

// The records of the receiver of webhooks. All times are milliseconds of the wall clock of the machine.

/** A time in which the service says that events may be missing, by its clock. */
export interface Gap {
  /** Undefined: since ever. */
  readonly from: number | undefined;
  readonly to: number;
}

/** An event as the receiver got it. It has either a delivery or a gap. */
export interface WebhookEvent {
  readonly id: string;
  /** The complete event. */
  readonly json: string;
  readonly delivery?: Delivery;
  readonly gap?: Gap;
}

/**
 * How a request ended. `response lost`: the receiver has stored the events, but the sender cannot know it. `cancelled`: the
 * sender closed the connection before the receiver had responded.
 */
export type RequestEnd = 'taken' | 'response lost' | 'refused' | 'cancelled';

/** A request of a node to the receiver. */
export interface WebhookRequest {
  readonly node: string;
  /** The `webhook-id`. */
  readonly id: string;
  /** Why the request is not what the documentation promises. Undefined: it is. */
  readonly mistake?: string;
  readonly events: readonly WebhookEvent[];
  readonly arrivedAt: number;
  /** The number of its arrival among all arrivals and ends, and that of its end. */
  readonly arrival: number;
  endedAt?: number;
  finish?: number;
  /** Undefined: the receiver has not responded yet. */
  end?: RequestEnd;
}

/** The requests of a scenario in the order of their arrival. */
export class WebhookHistory {
  readonly requests: WebhookRequest[] = [];
  /** When the nodes had started. */
  startedAt = Infinity;
  private moments = 0;

  /** `partitions`: 16, or 1 for a node that keeps everything in memory. */
  constructor(public partitions = 16) {}

  begin(request: Omit<WebhookRequest, 'arrivedAt' | 'arrival'>): WebhookRequest {
    const begun = { ...request, arrivedAt: Date.now(), arrival: this.moments++ };
    this.requests.push(begun);
    return begun;
  }

  end(request: WebhookRequest, end: RequestEnd): void {
    if (request.end !== undefined) return;
    Object.assign(request, { end, endedAt: Date.now(), finish: this.moments++ });
  }

  /** Forgets the finished requests. */
  startOver(): void {
    const open = this.requests.filter(({ end }) => end === undefined);
    this.requests.splice(0, this.requests.length, ...open);
  }

  /** The requests whose events the receiver has stored. */
  get stored(): readonly WebhookRequest[] {
    return this.requests.filter(isStored);
  }

  /** Returns the partition of a request. Undefined: it has only gaps, which do not say theirs. */
  partitionOf({ events }: WebhookRequest): number | undefined {
    const user = events.find(({ delivery }) => delivery !== undefined)?.delivery?.presence.userId;
    return user === undefined ? undefined : this.partitionOfUser(user);
  }

  partitionOfUser(userId: string): number {
    return this.partitions === 1 ? 0 : partitionOf(userId);
  }

  /** Returns the requests of each partition. */
  byPartition(): ReadonlyMap<number, readonly WebhookRequest[]> {
    const all = new Map<number, WebhookRequest[]>();
    for (const request of this.requests) {
      const partition = this.partitionOf(request);
      if (partition === undefined) continue;
      all.set(partition, [...(all.get(partition) ?? []), request]);
    }
    return all;
  }
}

/** Whether the receiver has stored the events of a request. */
export function isStored({ end }: WebhookRequest): boolean {
  return end === 'taken' || end === 'response lost';
}

/** Identifies an event for subscribers and for the receiver. */
export function keyOf({ presence, kind }: Delivery): string {
  return `${presence.userId} ${presence.version} ${kind}`;
}
