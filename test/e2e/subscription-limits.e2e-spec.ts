import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FanOut } from '../../src/events/fan-out.js';
import type { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { NODES } from '../support/nodes.js';
import { Service } from '../support/service.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';

/** The limit of a user over all nodes, because each node counts separately. */
const ALLOWED = 2 * NODES;

describe('MAX_SUBSCRIPTIONS_PER_USER_PER_NODE', () => {
  let service: Service;
  beforeEach(
    async () => void (service = await Service.start({ MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '2' })),
  );
  afterEach(() => service.stop());

  /** Opens a subscription. Returns the stream and a code: whether it was accepted. */
  async function subscribe(client: Client): Promise<{ stream: SubscriptionReader; code: string }> {
    const stream = client.subscribe();
    const begun = stream.beginning().then(
      () => 'OK',
      () => undefined,
    );
    const code = (await begun) ?? status[(await stream.ended).code];
    return { stream, code };
  }

  it('rejects a subscription above the limit with RESOURCE_EXHAUSTED on any connection', async () => {
    const clients = [await service.client('ann'), await service.client('ann')];
    // The second client starts with the other node, so the first client may also do so again.
    for (let i = 0; i < ALLOWED; i++) {
      expect((await subscribe(clients[i % 2]!)).code).toBe('OK');
    }
    const { stream, code } = await subscribe(clients[0]!);
    expect(code).toBe('RESOURCE_EXHAUSTED');
    expect((await stream.ended).details).toMatch(/2 subscriptions at once; end one first/);
  });

  it('does not affect existing subscriptions or other users', async () => {
    const ann = await service.client('ann');
    const { stream } = await subscribe(ann);
    for (let i = 1; i < ALLOWED; i++) await subscribe(ann);
    expect((await subscribe(ann)).code).toBe('RESOURCE_EXHAUSTED');
    const bob = await service.client('bob');
    expect((await subscribe(bob)).code).toBe('OK');
    await bob.connect();
    expect((await stream.nextEvent()).presence?.userId).toBe('bob');
  });

  it('accepts a new subscription after one has ended in any way', async () => {
    const ann = await service.client('ann');
    await subscribe(ann);
    for (let i = 0; i < 10; i++) {
      const { stream, code } = await subscribe(ann);
      expect(code).toBe('OK');
      stream.cancel();
      await stream.ended;
      // The server is notified slightly later than the client.
      await eventually(async () => {
        const next = await subscribe(ann);
        next.stream.cancel();
        return next.code;
      }, 'OK');
      await eventually(() => openSubscriptions(service), 1);
    }
  });

  it('does not count a subscription that was rejected for another reason', async () => {
    const ann = await service.client('ann');
    for (let i = 0; i < 5; i++) {
      const { code } = await ann.subscribe({ resumeToken: 'nonsense' }).ended;
      expect(status[code]).toBe('INVALID_ARGUMENT');
    }
    expect((await subscribe(ann)).code).toBe('OK');
    expect((await subscribe(ann)).code).toBe('OK');
  });

  it('ends a subscription with UNAUTHENTICATED when its token expires, and frees its place', async () => {
    const ann = await service.client('ann', { ttlSeconds: 60, now: service.clock.now() });
    const { stream } = await subscribe(ann);
    await service.passTime(120_000);
    expect(status[(await stream.ended).code]).toBe('UNAUTHENTICATED');
    const again = await service.client('ann');
    expect((await subscribe(again)).code).toBe('OK');
    expect((await subscribe(again)).code).toBe('OK');
  });
});

function openSubscriptions(service: Service): number {
  return service.sizeOf(FanOut);
}
