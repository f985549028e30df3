import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inWords } from '../support/in-words.js';
import { Service } from '../support/service.js';

const IDLE_MS = 60_000;
const TIMEOUT_MS = 30_000;
const INTERVAL_MS = 20_000;

// In the other tests the service does these things only when the test passes the time.
describe('At intervals, the service by itself', () => {
  let service: Service;
  beforeAll(async () => {
    service = await Service.start(
      {
        IDLE_TIMEOUT_MS: `${IDLE_MS}`,
        HEARTBEAT_TIMEOUT_MS: `${TIMEOUT_MS}`,
        STREAM_HEARTBEAT_INTERVAL_MS: `${INTERVAL_MS}`,
      },
      { hasIntervals: true },
    );
  });
  afterAll(() => service.stop());

  it('sends heartbeats on quiet streams', async () => {
    const client = await service.client('ann');
    const { stream } = await client.connect();
    const subscription = client.subscribe({ userIds: ['nobody'] });
    await subscription.beginning();
    service.clock.advance(INTERVAL_MS);
    expect(await stream.next()).toEqual({ body: undefined });
    expect(await subscription.next()).toMatchObject({ events: [] });
  });

  it('ends the session of a silent client', async () => {
    const client = await service.client('bob');
    const { stream } = await client.connect({ requireHeartbeats: true });
    service.clock.advance(TIMEOUT_MS);
    expect((await stream.ended).details).toContain('heartbeat');
  });

  it('makes an inactive user IDLE', async () => {
    const subscription = (await service.client('watcher')).subscribe({ userIds: ['cem'] });
    await subscription.beginning();
    await (await service.client('cem')).connect();
    expect(inWords(await subscription.nextEvent())).toBe('userOnline CONNECTED');
    service.clock.advance(IDLE_MS);
    expect(inWords(await subscription.nextEvent())).toBe('userStatusChanged IDLE');
  });
});
