import {
  Sync,
  type PresenceEvent,
  type SubscribeResponse,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import { PresenceStatus, type Presence } from '../../src/api/generated/presence/v1/presence.pb.js';
import type { Client } from './client.js';
import type { SubscriptionReader } from './subscription-reader.js';

/** The presences that a subscriber knows from its subscription alone. */
export class Picture {
  /** The last resume token of the subscription. */
  resumeToken = '';
  isCurrent = false;
  /** The number of resets. */
  resets = 0;
  private readonly presences = new Map<string, Presence>();
  private readonly versions = new Map<string, number>();

  constructor(
    private reader: SubscriptionReader,
    private readonly onEvent: (event: PresenceEvent) => void = () => {},
  ) {}

  /** Continues with another stream. */
  continueWith(reader: SubscriptionReader): void {
    this.reader = reader;
    this.isCurrent = false;
  }

  /** Reads until the condition holds. */
  async until(isShown: (picture: this) => boolean): Promise<void> {
    while (!isShown(this)) this.take(await this.reader.next());
  }

  untilCurrent(): Promise<void> {
    return this.until(({ isCurrent }) => isCurrent);
  }

  /**
   * Reads until a user is shown in a channel. The picture then contains everything that was
   * committed before.
   */
  untilIn(userId: string, channelId: string): Promise<void> {
    return this.until(() => this.of(userId)?.currentChannelId === channelId);
  }

  of(userId: string): Presence | undefined {
    return this.presences.get(userId);
  }

  /** All users who are not OFFLINE, in the order of `ListOnlineUsers`. */
  online(): Presence[] {
    return [...this.presences.values()]
      .filter(({ status }) => status !== PresenceStatus.PRESENCE_STATUS_OFFLINE)
      .sort((a, b) => (a.userId < b.userId ? -1 : 1));
  }

  private take(message: SubscribeResponse): void {
    if (message.sync === Sync.SYNC_RESET) {
      this.resets++;
      this.presences.clear();
    }
    for (const presence of message.snapshot) this.show(presence);
    for (const event of message.events) {
      this.show(event.presence!);
      this.onEvent(event);
    }
    if (message.sync === Sync.SYNC_CURRENT) this.isCurrent = true;
    if (message.resumeToken !== '') this.resumeToken = message.resumeToken;
  }

  private show(presence: Presence): void {
    const { userId, version } = presence;
    const known = this.versions.get(userId) ?? 0;
    if (version < known) throw new Error(`${userId} is shown at ${version} after ${known}`);
    this.versions.set(userId, version);
    this.presences.set(userId, presence);
  }
}

/** Returns the complete list, read page by page. */
export async function everyoneOnline(client: Client, pageSize = 1000): Promise<Presence[]> {
  const everyone: Presence[] = [];
  let pageToken = '';
  do {
    const page = await client.listOnlineUsers({ pageSize, pageToken });
    everyone.push(...page.presences);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return everyone;
}
