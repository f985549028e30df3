import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Build, type ServerProcess } from '../support/built-server.js';
import type { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { refusalOf } from '../support/retry-info.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';

/** A heap of 100 MB, of which the program itself uses about 35. */
const SMALL_HEAP = { nodeOptions: ['--max-heap-size=100'] };

/** A subscription keeps the ids that it names: about 2 MB here. */
const userIds = Array.from({ length: 10_000 }, (_, i) => `${i}`.padStart(128, 'user-'));

/** More subscriptions than fit into the heap. */
const TOO_MANY = 200;

describe('A server that is short of memory', () => {
  let build: Build;
  let server: ServerProcess;
  beforeAll(async () => void (build = await Build.make()));
  afterEach(() => server.kill());
  afterAll(() => build.remove());

  async function isLetIn(subscription: SubscriptionReader): Promise<boolean> {
    return subscription.beginning().then(
      () => true,
      () => false,
    );
  }

  it('accepts no more streams, serves the existing ones, and accepts new ones when these have ended', async () => {
    server = await build.serve({}, SMALL_HEAP);
    const ann = await server.client('ann');
    const { sessionId } = await ann.connect();
    const held: Client[] = [];
    let refused: SubscriptionReader | undefined;
    for (let i = 0; i < TOO_MANY && refused === undefined; i++) {
      const client = await server.client(`user-${i}`);
      const subscription = client.subscribe({ userIds, skipSnapshot: true });
      if (await isLetIn(subscription)) held.push(client);
      else refused = subscription;
    }
    expect(refusalOf(await refused!.ended)).toMatchObject({
      code: 'UNAVAILABLE',
      text: 'the server is short of memory; try again later, or use another node',
    });
    expect((await ann.joinChannel({ sessionId, channelId: 'lobby' })).presence?.userId).toBe('ann');

    for (const client of held) client.close();
    const bob = await server.client('bob');
    await eventually(() => isLetIn(bob.subscribe({ userIds: ['ann'] })), true);
  });
});
