import { createPresenceClient, type PresenceClient } from '@presence-service/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeService } from './support/fake-service.js';
import { ManualTimers } from './support/manual-timers.js';
import { tokenNumber } from './support/tokens.js';

describe('A client', () => {
  let service: FakeService;
  let client: PresenceClient;
  beforeEach(() => {
    const timers = new ManualTimers();
    service = new FakeService(() => timers.now());
    client = createPresenceClient({ transport: service.transport, token: tokenNumber(1), timers });
  });
  afterEach(() => client.close());

  it('hides its user from others, and another user if the token allows it', async () => {
    await client.setHiddenFrom(['bob', 'cat']);
    await client.setHiddenFrom([]);
    await client.setHiddenFrom(['dan'], { userId: 'ann' });
    expect(await client.hiddenFrom()).toEqual(['bob', 'cat']);
    await client.hiddenFrom({ userId: 'ann' });
    expect(service.heard).toEqual([
      'updateHiddenFrom - bob cat',
      'updateHiddenFrom -',
      'updateHiddenFrom ann dan',
      'getHiddenFrom -',
      'getHiddenFrom ann',
    ]);
  });

  it('revokes the tokens of a user, up to now or up to a moment', async () => {
    expect(await client.revokeTokens('ann')).toBe(3);
    await client.revokeTokens('ann', { issuedBefore: new Date('2030-01-01T10:00:00.250Z') });
    expect(service.heard).toEqual([
      'revokeTokens ann now',
      'revokeTokens ann 2030-01-01T10:00:00.250Z',
    ]);
  });

  it('lists the users of a group, on every page', async () => {
    const userIds: string[] = [];
    for await (const { userId } of client.listOnline({ group: 'acme' })) userIds.push(userId);
    expect(userIds).toEqual(['ann', 'ann']);
    expect(service.heard).toEqual(['listOnlineUsers acme', 'listOnlineUsers acme page 2']);
  });
});
