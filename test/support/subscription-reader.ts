import {
  Sync,
  type PresenceEvent,
  type SubscribeResponse,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import type { Presence } from '../../src/api/generated/presence/v1/presence.pb.js';
import { StreamReader } from './stream-reader.js';

/** The first part of a subscription, up to SYNC_CURRENT. */
export interface Beginning {
  readonly isReset: boolean;
  readonly snapshot: readonly Presence[];
  /** The missed events after a resume. */
  readonly events: readonly PresenceEvent[];
  readonly resumeToken: string;
}

/**
 * A subscription that is read event by event, regardless of how the events are grouped into
 * messages.
 */
export class SubscriptionReader extends StreamReader<SubscribeResponse> {
  /** The last resume token seen by `nextEvent` and `beginning`. */
  resumeToken = '';
  private readonly events: PresenceEvent[] = [];

  /** Reads up to SYNC_CURRENT. */
  async beginning(): Promise<Beginning> {
    const snapshot: Presence[] = [];
    const events: PresenceEvent[] = [];
    for (let isReset = false; ;) {
      const message = await this.nextMessage();
      isReset ||= message.sync === Sync.SYNC_RESET;
      snapshot.push(...message.snapshot);
      events.push(...message.events);
      const { resumeToken } = this;
      if (message.sync === Sync.SYNC_CURRENT) return { isReset, snapshot, events, resumeToken };
    }
  }

  async nextEvent(): Promise<PresenceEvent> {
    while (this.events.length === 0) this.events.push(...(await this.nextMessage()).events);
    return this.events.shift()!;
  }

  async nextEvents(count: number): Promise<PresenceEvent[]> {
    const events: PresenceEvent[] = [];
    while (events.length < count) events.push(await this.nextEvent());
    return events;
  }

  private async nextMessage(): Promise<SubscribeResponse> {
    const message = await this.next();
    if (message.resumeToken !== '') this.resumeToken = message.resumeToken;
    return message;
  }
}
