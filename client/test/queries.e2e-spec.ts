import { getEventListeners } from 'node:events';
import type { PresenceClient } from '@presence-service/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Service } from '../../test/support/service.js';
import { Clients } from './support/clients.js';
import { PROTOCOLS } from './support/protocols.js';

describe.each(PROTOCOLS)('Questions of the client over $name', (protocol) => {
  let service: Service;
  let clients: Clients;
  let bob: PresenceClient;
  beforeEach(async () => {
    service = await Service.start(protocol.settings);
    clients = new Clients(protocol);
    bob = clients.of(service, 'bob');
    for (const userId of ['ann', 'bob', 'cat']) {
      const session = clients.of(service, userId).connect({ platform: 'desktop' });
      await session.joinChannel('lobby');
      if (userId === 'cat') await session.setStatus('do-not-disturb');
    }
  });
  afterEach(async () => {
    clients.close();
    await service.stop();
  });

  it('are answered for several users, in the order asked', async () => {
    const presences = await bob.getMany(['cat', 'nobody', 'ann']);
    expect(presences.map(({ userId, status }) => [userId, status])).toEqual([
      ['cat', 'do-not-disturb'],
      ['nobody', 'offline'],
      ['ann', 'online'],
    ]);
    expect(presences[1]).toMatchObject({
      channelId: undefined,
      platforms: [],
      lastActiveAt: undefined,
    });
    expect(presences[2]!.connectedAt).toEqual(new Date(service.clock.now()));
  });

  it('are answered page by page, as far as one reads', async () => {
    const list = bob.listOnline({ pageSize: 2 });
    expect((await all(list)).map(({ userId }) => userId)).toEqual(['ann', 'bob', 'cat']);
    const pages = await all(list.pages());
    expect(pages.map(({ presences, totalSize }) => [presences.length, totalSize])).toEqual([
      [2, 3],
      [1, 3],
    ]);
  });

  it('can be limited to statuses and to a channel', async () => {
    const busy = bob.listOnline({ statuses: ['do-not-disturb', 'away'] });
    expect((await all(busy)).map(({ userId }) => userId)).toEqual(['cat']);
    const members = await all(bob.listMembers('lobby', { pageSize: 1 }));
    expect(members.map(({ userId }) => userId)).toEqual(['ann', 'bob', 'cat']);
    expect(await all(bob.listMembers('attic'))).toEqual([]);
  });

  it('about sessions are answered to their user, and to an admin', async () => {
    const [own] = await bob.sessions();
    expect(own).toMatchObject({ userId: 'bob', platform: 'desktop' });
    const admin = clients.of(service, 'backend', { isAdmin: true });
    expect(await admin.sessions('bob')).toEqual([own]);
    await admin.endSession(own!.sessionId);
    expect(await bob.sessions()).toEqual([]);
  });

  it('fail with the reason that the service gives', async () => {
    const error = await bob.sessions('ann').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'permission-denied', reason: 'ADMIN_SCOPE_REQUIRED' });
    const early = await bob.get('').catch((thrown: unknown) => thrown);
    expect(early).toMatchObject({ code: 'invalid-argument', reason: undefined });
  });

  it('about why a user is shown so are answered to an admin', async () => {
    const admin = clients.of(service, 'backend', { isAdmin: true });
    const [session] = await admin.sessions('ann');
    const now = service.clock.now();
    const explanation = await admin.explain('ann');
    expect(explanation).toMatchObject({
      shown: { userId: 'ann', status: 'online', channelId: 'lobby' },
      cause: 'active',
      choice: 'automatic',
      choiceExpiresAt: undefined,
      next: { at: new Date(now + 300_000), kind: 'idle', sessionId: undefined },
      idleTimeoutMs: 300_000,
      explainedAt: new Date(now),
    });
    expect(explanation.own).toEqual(explanation.shown);
    expect(explanation.next!.shown.status).toBe('idle');
    expect(explanation.sessions).toMatchObject([
      { ...session, holdsChannel: true, graceEndsAt: undefined },
    ]);
    expect(explanation.sessions[0]!.nodeId).not.toBe('');

    expect(await admin.explain('cat')).toMatchObject({ cause: 'chosen', choice: 'do-not-disturb' });
    expect(await admin.explain('nobody')).toMatchObject({ cause: 'no-session', sessions: [] });
  });

  it('are rejected if the user lacks the permission', async () => {
    const rejection = { code: 'permission-denied' };
    await expect(bob.sessions('ann')).rejects.toMatchObject(rejection);
    await expect(bob.explain('bob')).rejects.toMatchObject(rejection);
  });

  it('may be many at once, and nothing warns of a leak', async () => {
    const warnings: string[] = [];
    const warn = ({ name, message }: Error): void => void warnings.push(`${name}: ${message}`);
    process.on('warning', warn);
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 100 }, () => bob.get('ann', { signal })));
    process.off('warning', warn);
    expect(warnings).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('can be given up', async () => {
    const reason = new Error('changed my mind');
    const asked = bob.get('ann', { signal: AbortSignal.abort(reason) });
    await expect(asked).rejects.toMatchObject({ code: 'cancelled', cause: reason });
  });
});

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of list) items.push(item);
  return items;
}
