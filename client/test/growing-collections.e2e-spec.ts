import type { PresenceCollection, Session } from '@presence-service/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Service } from '../../test/support/service.js';
import { Clients } from './support/clients.js';
import { shows } from './support/observed.js';
import { PROTOCOLS } from './support/protocols.js';

const USERS = Array.from({ length: 12 }, (_, i) => `user-${i}`);
const CHANGES_PER_USER = 15;

describe.each(PROTOCOLS)('A collection whose users change, over $name', (protocol) => {
  let service: Service;
  let clients: Clients;
  beforeEach(async () => {
    clients = new Clients(protocol);
    service = await Service.start(protocol.settings);
  });
  afterEach(async () => {
    clients.close();
    await service.stop();
  });

  /** Shows the versions of a collection and those that the service has. */
  async function compared(collection: PresenceCollection): Promise<[string[], string[]]> {
    const userIds = [...collection.keys()].sort();
    const known = await clients.of(service, 'reader').getMany(userIds);
    const inWords = ({ userId, version }: { userId: string; version: bigint }): string =>
      `${userId} ${version}`;
    return [userIds.map((userId) => inWords(collection.get(userId)!)), known.map(inWords)];
  }

  async function change(session: Session): Promise<void> {
    for (let i = 1; i <= CHANGES_PER_USER; i++) await session.setStatus('away', { text: `${i}` });
  }

  it('misses no change of an old or an added user while the users change all the time', async () => {
    const sessions = await Promise.all(
      USERS.map(async (userId) => {
        const session = clients.of(service, userId).connect();
        await session.ready;
        return session;
      }),
    );
    const team = clients.of(service, 'watcher').watch({ users: USERS.slice(0, 2) });
    await team.ready;
    const seen = new Map<string, bigint>();
    const steps: string[] = [];
    team.subscribe(({ userId, current, reason }) => {
      if (reason === 'removed') seen.delete(userId);
      if (current === undefined) return;
      if (current.version <= (seen.get(userId) ?? -1n)) steps.push(`${userId} went back`);
      seen.set(userId, current.version);
    });
    const working = Promise.all(sessions.map((session) => change(session)));
    for (const [i, userId] of USERS.slice(2).entries()) {
      await team.add(userId);
      if (i % 3 === 2) team.remove(USERS[i]!);
    }
    await working;
    const last = `${CHANGES_PER_USER}`;
    await shows(team, () => [...team.values()].every(({ statusText }) => statusText === last));
    expect(team.size).toBe(USERS.length - 3);
    const [shown, stored] = await compared(team);
    expect(shown).toEqual(stored);
    expect(steps).toEqual([]);
  });

  it('starts empty, and is empty again after the last user is removed', async () => {
    const ann = clients.of(service, 'ann').connect();
    await ann.ready;
    const team = clients.of(service, 'watcher').watch({ users: [] });
    await team.ready;
    await team.add('ann', 'bob');
    expect([...team].map(([userId, { status }]) => `${userId} ${status}`).sort()).toEqual([
      'ann online',
      'bob offline',
    ]);
    await ann.setStatus('away');
    await shows(team, () => team.get('ann')?.status === 'away');
    team.remove('ann', 'bob');
    await team.add('cat');
    await ann.setStatus('automatic');
    expect([...team.keys()]).toEqual(['cat']);
  });
});
