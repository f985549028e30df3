import type { ServerProcess } from '../../../test/support/built-server.js';
import type { Client } from '../../../test/support/client.js';
import { eventually } from '../../../test/support/eventually.js';
import { tokenOf, type TokenOptions } from '../../../test/support/service.js';

/** A connected user who acts now and then. */
export interface Visitor {
  readonly client: Client;
  readonly sessionId: string;
}

/** Users of one server who connect during a test and leave after it. */
export class Visitors {
  private readonly streams: { cancel(): void }[] = [];

  constructor(private readonly server: ServerProcess) {}

  /** Brings a user online, and into a channel if one is given. */
  async come(
    userId: string,
    { platform = 'desktop', channelId = '' } = {},
    options: TokenOptions = {},
  ): Promise<Visitor> {
    const client = this.server.clientWithToken(await tokenOf(userId, options));
    const { sessionId, stream } = await client.connect({ platform });
    this.streams.push(stream);
    if (channelId !== '') await client.joinChannel({ sessionId, channelId });
    return { client, sessionId };
  }

  /** Disconnects all users, and waits until the server has processed it. */
  async leave(): Promise<void> {
    if (this.streams.length === 0) return;
    for (const stream of this.streams.splice(0)) stream.cancel();
    const witness = await this.server.client('witness', { isAdmin: true });
    const count = async (): Promise<number> => (await witness.listOnlineUsers({})).totalSize;
    await eventually(count, 0);
    witness.close();
  }
}
