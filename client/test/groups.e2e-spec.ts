import type { PresenceClient, PresenceCollection, Session } from '@presence-service/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Service, tokenOf } from '../../test/support/service.js';
import { Clients, letShortTokensExpire, shortToken } from './support/clients.js';
import { shows, untilStatus } from './support/observed.js';
import { PROTOCOLS } from './support/protocols.js';

const CHANNEL_DENIED = { code: 'permission-denied', reason: 'CHANNEL_NOT_GRANTED' };

describe.each(PROTOCOLS)(
  'With clients over $name, in groups that see only themselves,',
  (protocol) => {
    let service: Service;
    let clients: Clients;
    beforeEach(async () => {
      service = await Service.start({ ...protocol.settings, VISIBILITY: 'groups' });
      clients = new Clients(protocol);
    });
    afterEach(async () => {
      clients.close();
      await service.stop();
    });

    function clientOf(userId: string, groups: readonly string[]): PresenceClient {
      return clients.of(service, userId, { grants: { groups } });
    }

    async function online(userId: string, ...groups: string[]): Promise<Session> {
      const session = clientOf(userId, groups).connect();
      await session.ready;
      return session;
    }

    const usersOf = (collection: PresenceCollection): string[] => [...collection.keys()].sort();

    it('a collection of everyone has only the users of the own groups', async () => {
      await Promise.all([online('amy', 'acme'), online('ben', 'blue')]);
      const everyone = clientOf('watcher', ['acme']).watch();
      await everyone.ready;
      expect(usersOf(everyone)).toEqual(['amy']);
      await online('bob', 'blue');
      await online('ann', 'acme', 'blue');
      await shows(everyone, () => everyone.has('ann'));
      expect(usersOf(everyone)).toEqual(['amy', 'ann']);
    });

    it('a collection of a group has the users who are in it, and loses those who leave it', async () => {
      await online('amy', 'acme');
      const ben = await online('ben', 'blue');
      const watcher = clientOf('watcher', ['acme', 'blue']);
      const acme = watcher.watch({ groups: ['acme'] });
      await acme.ready;
      expect(usersOf(acme)).toEqual(['amy']);
      const second = await online('ben', 'acme');
      await shows(acme, () => acme.has('ben'));
      second.close();
      await shows(acme, () => !acme.has('ben'));
      expect(await watcher.get('ben')).toMatchObject({ status: 'online' });
      ben.close();
    });

    it('lists and counts are of a group', async () => {
      await Promise.all([online('amy', 'acme'), online('ann', 'acme'), online('ben', 'blue')]);
      const watcher = clientOf('watcher', ['acme', 'blue', 'void']);
      const listed: string[] = [];
      for await (const { userId } of watcher.listOnline({ group: 'acme' })) listed.push(userId);
      expect(listed).toEqual(['amy', 'ann']);
      const groups = ['acme', 'void'];
      expect(await watcher.count([], { groups })).toMatchObject([
        { groupId: 'acme', channelId: undefined, total: 2 },
        { groupId: 'void', channelId: undefined, total: 0 },
      ]);
      const counts = watcher.watchCounts([], { groups });
      await counts.ready;
      expect(counts.value.map(({ groupId, total }) => [groupId, total])).toEqual([
        ['acme', 2],
        ['void', 0],
      ]);
    });

    it('collections replace their content when a new token has other groups', async () => {
      await Promise.all([online('amy', 'acme'), online('ben', 'blue')]);
      let asked = 0;
      const token = () =>
        asked++ === 0
          ? shortToken(service, 'watcher', { grants: { groups: ['acme'] } })
          : tokenOf('watcher', { grants: { groups: ['blue'] } });
      const watcher = clients.of(service, 'watcher', { token, random: () => 0.05 });
      const everyone = watcher.watch();
      const named = watcher.watch({ users: ['amy', 'ben'] });
      await Promise.all([everyone.ready, named.ready]);
      expect(usersOf(everyone)).toEqual(['amy']);
      expect(statusesOf(named)).toEqual({ amy: 'online', ben: 'offline' });
      const changes: string[] = [];
      everyone.subscribe(({ userId, current, reason }) =>
        changes.push(`${userId} ${current?.status ?? 'absent'} ${reason}`),
      );
      await letShortTokensExpire(service);
      await shows(everyone, () => everyone.has('ben'));
      await shows(named, () => named.get('ben')?.status === 'online');
      expect(usersOf(everyone)).toEqual(['ben']);
      expect(statusesOf(named)).toEqual({ amy: 'offline', ben: 'online' });
      expect(changes.sort()).toEqual(['amy absent snapshot', 'ben online snapshot']);
      await untilStatus(everyone.state, 'live');
      await online('abe', 'acme');
      await online('bea', 'blue');
      await shows(everyone, () => everyone.has('bea'));
      expect(usersOf(everyone)).toEqual(['bea', 'ben']);
    });

    it('a collection of a channel is closed when a new token does not grant the channel', async () => {
      let asked = 0;
      const token = () =>
        asked++ === 0
          ? shortToken(service, 'watcher', { grants: { watch: ['lobby'] } })
          : tokenOf('watcher', { grants: { watch: ['garden'] } });
      const watcher = clients.of(service, 'watcher', { token, random: () => 0.05 });
      const lobby = watcher.watch({ channels: ['lobby'] });
      await lobby.ready;
      await letShortTokensExpire(service);
      expect(await untilStatus(lobby.state, 'closed')).toMatchObject({ error: CHANNEL_DENIED });
      expect(asked).toBe(2);
    });

    it('a user who hides goes offline for those on the list, and comes back for them', async () => {
      const ann = clientOf('ann', ['acme']);
      const session = ann.connect();
      await session.ready;
      const [bob, cat] = [clientOf('bob', ['acme']), clientOf('cat', ['acme'])];
      const [ofBob, ofCat] = [bob.watch(), cat.watch()];
      await Promise.all([ofBob.ready, ofCat.ready]);
      expect(usersOf(ofBob)).toEqual(['ann']);
      const changes: string[] = [];
      ofBob.subscribe(({ presence: { userId, status }, reason }) =>
        changes.push(`${userId} ${status} ${reason}`),
      );
      await ann.setHiddenFrom(['bob']);
      await shows(ofBob, () => ofBob.size === 0);
      expect(await ann.hiddenFrom()).toEqual(['bob']);
      expect((await bob.get('ann')).status).toBe('offline');
      await session.setStatus('away');
      await shows(ofCat, () => ofCat.get('ann')?.status === 'away');
      await ann.setHiddenFrom([]);
      await shows(ofBob, () => ofBob.get('ann')?.status === 'away');
      expect(changes).toEqual(['ann offline disconnected', 'ann away connected']);
      expect(await ann.hiddenFrom()).toEqual([]);
    });
  },
);

function statusesOf(collection: PresenceCollection): Record<string, string> {
  return Object.fromEntries([...collection].map(([userId, { status }]) => [userId, status]));
}
