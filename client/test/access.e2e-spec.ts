import type { PresenceClient } from '@presence-service/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GrantsClaim } from '../../src/auth/grants.js';
import { Link } from '../../test/support/link.js';
import { Service, tokenOf } from '../../test/support/service.js';
import { Clients, letShortTokensExpire, shortToken } from './support/clients.js';
import { nextSession, shows, untilStatus } from './support/observed.js';
import { PROTOCOLS } from './support/protocols.js';

const CHANNEL_DENIED = { code: 'permission-denied', reason: 'CHANNEL_NOT_GRANTED' };
const GROUP_DENIED = { code: 'permission-denied', reason: 'GROUP_NOT_GRANTED' };

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
