import type { Client } from './client.js';
import { inWords } from './in-words.js';
import type { SubscriptionReader } from './subscription-reader.js';

/** A subscriber of all events. It can prove that an event did not happen. */
export class Witness {
  private readonly eventLines = new Map<string, string[]>();
  private turns = 0;

  private constructor(
    private readonly client: Client,
    private readonly stream: SubscriptionReader,
    private readonly sessionId: string,
    private readonly userId: string,
  ) {}

  static async at(client: Client): Promise<Witness> {
    const { sessionId, started } = await client.connect();
    const stream = client.subscribe();
    await stream.beginning();
    return new Witness(client, stream, sessionId, started.session!.userId);
  }

  /** The online and offline events of a user so far. */
  async onlineOfflineEvents(userId: string): Promise<readonly string[]> {
    await this.catchUp();
    const eventLines = this.eventLines.get(userId) ?? [];
    return eventLines.filter((words) => /^user(Online|Offline) /.test(words));
  }

  /**
   * Reads up to an event that it causes itself. All events that its node announced earlier arrive
   * before it.
   */
  private async catchUp(): Promise<void> {
    const channelId = `turn ${++this.turns}`;
    await this.client.joinChannel({ sessionId: this.sessionId, channelId });
    for (;;) {
      const event = await this.stream.nextEvent();
      const { userId, currentChannelId } = event.presence!;
      if (userId === this.userId && currentChannelId === channelId) return;
      this.eventLines.set(userId, [...(this.eventLines.get(userId) ?? []), inWords(event)]);
    }
  }
}
