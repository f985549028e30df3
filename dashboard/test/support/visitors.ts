import type { ServerProcess } from '../../../test/support/built-server.js';
import type { Client } from '../../../test/support/client.js';
import { eventually } from '../../../test/support/eventually.js';
import { tokenOf } from '../../../test/support/service.js';

/** A user who is there, and does something now and then. */
export interface Visitor {
  readonly client: Client;
  readonly sessionId: string;
}

/** Users of one server, who come in a test and are gone after it. */
export class Visitors {
  private readonly streams: { cancel(): void }[] = [];

  constructor(private readonly server: ServerProcess) {}

  /** Brings a user online, and into a channel if one is named. */
  async come(userId: string, { platform = 'desktop', channelId = '' } = {}): Promise<Visitor> {
    const client = this.server.clientWithToken(await tokenOf(userId));
    const { sessionId, stream } = await client.connect({ platform });
    this.streams.push(stream);
    if (channelId !== '') await client.joinChannel({ sessionId, channelId });
    return { client, sessionId };
  }

  /** Takes them all away, and waits until the server knows. */
  async leave(): Promise<void> {
    for (const stream of this.streams.splice(0)) stream.cancel();
    const witness = await this.server.client('witness');
    const count = async (): Promise<number> => (await witness.listOnlineUsers({})).totalSize;
    await eventually(count, 0);
    witness.close();
  }
}
