import type { PresenceClient, PresenceCollection, Session } from '@presence-service/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GrantsClaim } from '../../src/auth/grants.js';
import { signToken } from '../../src/auth/sign-token.js';
import { Link } from '../../test/support/link.js';
import { ManualClock } from '../../test/support/manual-clock.js';
import { SECRET, Service, tokenOf } from '../../test/support/service.js';
import { Clients, letShortTokensExpire, shortToken } from './support/clients.js';
import { shows, untilStatus } from './support/observed.js';
import { PROTOCOLS } from './support/protocols.js';

const CHANNEL_DENIED = { code: 'permission-denied', reason: 'CHANNEL_NOT_GRANTED' };
const GROUP_DENIED = { code: 'permission-denied', reason: 'GROUP_NOT_GRANTED' };
const REVOKED = { code: 'unauthenticated', reason: 'TOKEN_REVOKED' };

/** A clock whose time of day is the real one, as tokens that are issued now need it. */
class RealTimeOfDay extends ManualClock {
  override wall(): number {
    return Date.now();
  }
}

describe.each(PROTOCOLS)('With clients over $name, a token', (protocol) => {
  let service: Service;
  let clients: Clients;
  beforeEach(async () => {
    service = await Service.start({ ...protocol.settings, CHANNEL_ACCESS: 'granted' });
    clients = new Clients(protocol);
  });
  afterEach(async () => {
    clients.close();
    await service.stop();
  });

  function clientOf(userId: string, grants: GrantsClaim): PresenceClient {
    return clients.of(service, userId, { grants });
  }

  /** Creates a client whose first token lasts only a short time, and whose next one has other grants. */
  function clientWithNext(userId: string, first: GrantsClaim, next: GrantsClaim): PresenceClient {
    let asked = 0;
    const token = () =>
      asked++ === 0
        ? shortToken(service, userId, { grants: first })
        : tokenOf(userId, { grants: next });
    return clients.of(service, userId, { token, random: () => 0.05 });
  }

  it('that does not grant a channel makes a join fail, and the commands after it go on', async () => {
    const session = clientOf('ann', { join: ['lobby', 'acme/*'] }).connect();
    const denied = expect(session.joinChannel('vault')).rejects.toMatchObject({
      ...CHANNEL_DENIED,
      isRetryable: false,
    });
    const joined = session.joinChannel('acme/plans');
    await denied;
    expect(await joined).toMatchObject({ channelIds: ['acme/plans'] });
    expect(session.state.value.status).toBe('online');
  });

  it('that no longer grants a channel makes the session leave it, and says so once', async () => {
    const client = clientWithNext('ann', { join: ['lobby', 'vault'] }, { join: ['lobby'] });
    const session = client.connect();
    const denied: string[] = [];
    session.deniedChannels.subscribe(({ channelId, error }) =>
      denied.push(`${channelId} ${error.code} ${error.reason}`),
    );
    await session.joinChannel('vault', { keepOthers: true });
    await session.joinChannel('lobby', { keepOthers: true });
    await nextSession(session, () => letShortTokensExpire(service));
    expect(session.channelIds).toEqual(['lobby']);
    expect(denied).toEqual(['vault permission-denied CHANNEL_NOT_GRANTED']);
    expect(await client.get('ann')).toMatchObject({ channelIds: ['lobby'] });
  });

  it('that no longer grants a channel does not bring it back to a service that has lost everything', async () => {
    let grants: GrantsClaim = { join: ['lobby', 'vault'] };
    const link = await Link.to(service.addresses(protocol.addressOf));
    const other = await Service.start({ ...protocol.settings, CHANNEL_ACCESS: 'granted' });
    const client = clients.at(link.addresses, 'ann', {
      token: () => tokenOf('ann', { grants }),
      random: () => 0.05,
    });
    const session = client.connect();
    const denied: string[] = [];
    session.deniedChannels.subscribe(({ channelId }) => denied.push(channelId));
    await session.joinChannel('vault', { keepOthers: true });
    await session.joinChannel('lobby', { keepOthers: true });
    link.shut();
    await untilStatus(session.state, 'reconnecting');
    link.redirect(other.addresses(protocol.addressOf));
    grants = { join: ['lobby'] };
    client.renewToken();
    link.reopen();
    await untilStatus(session.state, 'online');
    expect(session.channelIds).toEqual(['lobby']);
    expect(denied).toEqual(['vault']);
    expect(await client.get('ann')).toMatchObject({ channelIds: ['lobby'] });
    client.close();
    link.close();
    await other.stop();
  });

  it('that grants more is used at once if the program asks for it, and the user stays online', async () => {
    let grants: GrantsClaim = { join: ['lobby'] };
    const token = () => tokenOf('ann', { grants });
    const client = clients.of(service, 'ann', { token, random: () => 0.05 });
    const session = client.connect();
    await session.joinChannel('lobby');
    const lobby = clientOf('bob', { watch: ['lobby'] }).watch({ channels: ['lobby'] });
    await lobby.ready;
    const changes: string[] = [];
    lobby.subscribe(({ current }) => changes.push(current?.status ?? 'absent'));
    await expect(session.joinChannel('vault')).rejects.toMatchObject(CHANNEL_DENIED);
    grants = { join: ['lobby', 'vault'] };
    await nextSession(session, async () => client.renewToken());
    expect(await session.joinChannel('vault', { keepOthers: true })).toMatchObject({
      channelIds: ['lobby', 'vault'],
    });
    const vault = client.watch({ channels: ['vault'] });
    await vault.ready;
    expect([...vault.keys()]).toEqual(['ann']);
    session.close();
    await shows(lobby, () => lobby.size === 0);
    expect(changes).toEqual(['absent']);
  });

  it('that is watch_only begins no session, but can watch', async () => {
    const ann = clientOf('ann', { join: ['lobby'] }).connect();
    await ann.joinChannel('lobby');
    const display = clientOf('display', { watch: ['lobby'], watch_only: true });
    const session = display.connect();
    await expect(session.ready).rejects.toMatchObject({
      code: 'permission-denied',
      reason: 'WATCH_ONLY_TOKEN',
    });
    expect(session.state.value).toMatchObject({ status: 'closed', reason: 'permission-denied' });
    const lobby = display.watch({ channels: ['lobby'] });
    await lobby.ready;
    expect([...lobby.keys()]).toEqual(['ann']);
  });

  it('that does not grant a channel or a group closes the collections that follow it, and rejects reads of it', async () => {
    const client = clientOf('ann', { join: ['lobby'], groups: ['acme'] });
    for (const [live, error] of [
      [client.watch({ channels: ['lobby', 'vault'] }), CHANNEL_DENIED],
      [client.watch({ groups: ['acme', 'blue'] }), GROUP_DENIED],
      [client.watchCounts(['vault']), CHANNEL_DENIED],
      [client.watchCounts([], { groups: ['blue'] }), GROUP_DENIED],
    ] as const) {
      await expect(live.ready).rejects.toMatchObject(error);
      expect(live.state.value).toMatchObject({ status: 'closed', reason: error.code, error });
    }
    for (const [list, error] of [
      [client.listMembers('vault'), CHANNEL_DENIED],
      [client.listOnline({ group: 'blue' }), GROUP_DENIED],
    ] as const) {
      await expect(list.pages().next()).rejects.toMatchObject(error);
    }
    await expect(client.count(['vault'])).rejects.toMatchObject(CHANNEL_DENIED);
    await expect(client.count([], { groups: ['blue'] })).rejects.toMatchObject(GROUP_DENIED);
  });
});

describe.each(PROTOCOLS)('With clients over $name, a revocation', (protocol) => {
  let service: Service;
  let clients: Clients;
  let admin: PresenceClient;
  beforeEach(async () => {
    service = await Service.start(protocol.settings, { clock: new RealTimeOfDay() });
    clients = new Clients(protocol);
    admin = clients.of(service, 'admin', { isAdmin: true });
  });
  afterEach(async () => {
    clients.close();
    await service.stop();
  });

  it('makes sessions and collections go on with a token that was issued after it', async () => {
    let asked = 0;
    const token = () => {
      asked++;
      return tokenOf('ann');
    };
    const client = clients.of(service, 'ann', { token });
    const session = client.connect();
    await session.joinChannel('lobby');
    const team = client.watch({ users: ['ann'] });
    await team.ready;
    // The token was issued in this second, so a new token must be issued in a later one.
    await nextSession(session, async () => {
      expect(await admin.revokeTokens('ann')).toBe(1);
    });
    await untilStatus(team.state, 'live');
    expect(await client.get('ann')).toMatchObject({ status: 'online', channelIds: ['lobby'] });
    expect(asked).toBe(2);
  });

  it('ends sessions and collections for good if the new token is revoked, too', async () => {
    const issuedAt = Date.now() - 60_000;
    let asked = 0;
    const token = () => {
      asked++;
      return signToken({ key: SECRET, userId: 'ann', ttlSeconds: 3600, now: issuedAt });
    };
    const client = clients.of(service, 'ann', { token });
    const session = client.connect();
    await session.ready;
    const team = client.watch({ users: ['ann'] });
    const counts = client.watchCounts();
    await Promise.all([team.ready, counts.ready]);
    await admin.revokeTokens('ann', { issuedBefore: new Date(issuedAt + 1000) });
    for (const { reason, error } of [
      await untilStatus(session.state, 'closed'),
      await untilStatus(team.state, 'closed'),
      await untilStatus(counts.state, 'closed'),
    ]) {
      expect([reason, error.reason]).toEqual(['unauthenticated', 'TOKEN_REVOKED']);
    }
    await expect(client.get('ann')).rejects.toMatchObject(REVOKED);
    await expect(session.joinChannel('lobby')).rejects.toMatchObject(REVOKED);
    expect(asked).toBe(2);
  });
});

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

/** Waits until a session has a new connection because of `cause`. */
async function nextSession(session: Session, cause: () => Promise<void>): Promise<void> {
  await untilStatus(session.state, 'online');
  const before = session.sessionId;
  await Promise.all([
    cause(),
    (async () => {
      for await (const state of session.state) {
        if (state.status === 'online' && state.sessionId !== before) return;
      }
    })(),
  ]);
}
