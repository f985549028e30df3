import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Service } from '../support/service.js';

describe('Channels', () => {
  let service: Service;
  beforeAll(async () => void (service = await Service.start()));
  afterAll(() => service.stop());

  it('lists who has joined, in the order of their ids', async () => {
    for (const userId of ['zoe', 'adam']) {
      const client = await service.client(userId);
      const { sessionId } = await client.connect();
      await client.joinChannel({ sessionId, channelId: 'lobby' });
    }
    const reader = await service.client('reader');
    const { presences, totalSize } = await reader.listChannelMembers({ channelId: 'lobby' });
    expect(presences.map(({ userId }) => userId)).toEqual(['adam', 'zoe']);
    expect(totalSize).toBe(2);
  });

  it('tells subscribers of a move', async () => {
    const client = await service.client('mover');
    const { sessionId } = await client.connect();
    const watcher = (await service.client('watcher')).subscribe({ userIds: ['mover'] });
    const { snapshot } = await watcher.beginning();
    expect(snapshot.map(({ userId }) => userId)).toEqual(['mover']);
    await client.joinChannel({ sessionId, channelId: 'a' });
    const event = await watcher.nextEvent();
    expect(event.presence?.currentChannelId).toBe('a');
    expect(event.change).toEqual({ $case: 'userChannelChanged', value: {} });
  });
});
