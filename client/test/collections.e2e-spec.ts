import type { Change, PresenceClient, PresenceCollection, Session } from '@presence-service/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FixedLimits } from '../../src/config/fixed-limits.js';
import { eventually } from '../../test/support/eventually.js';
import { Link } from '../../test/support/link.js';
import { Service, tokenOf } from '../../test/support/service.js';
import { Clients, letShortTokensExpire, shortToken } from './support/clients.js';
import { Gate } from './support/gate.js';
import { shows, untilStatus } from './support/observed.js';
import { PROTOCOLS } from './support/protocols.js';

describe.each(PROTOCOLS)('A collection over $name', (protocol) => {
  let service: Service;
  let clients: Clients;
  let watcher: PresenceClient;
  beforeEach(async () => {
    clients = new Clients(protocol);
    await start();
  });
  afterEach(async () => {
    clients.close();
    await service.stop();
  });

  async function start(
    settings: Readonly<Record<string, string>> = {},
    fixed: Partial<FixedLimits> = {},
  ): Promise<void> {
    service = await Service.start({ ...protocol.settings, ...settings }, { fixed });
    watcher = clients.of(service, 'watcher');
  }

  async function online(userId: string, channelId?: string): Promise<Session> {
    const session = clients.of(service, userId).connect();
    await session.ready;
    if (channelId !== undefined) await session.joinChannel(channelId);
    return session;
  }

  async function inWords(collection: PresenceCollection): Promise<string[]> {
    await collection.ready;
    return [...collection.values()].map(
      ({ userId, status, channelId = '-' }) => `${userId} ${status} ${channelId}`,
    );
  }

  function note(collection: PresenceCollection): string[] {
    const changes: string[] = [];
    collection.subscribe((change) => changes.push(changeInWords(change)));
    return changes;
  }

  function changeInWords({ userId, previous, current, reason }: Change): string {
    return `${userId}: ${previous?.status ?? 'absent'} -> ${current?.status ?? 'absent'}, ${reason}`;
  }

  it('has each of the users, also offline ones, and every change, if it names users', async () => {
    const session = await online('ann');
    const team = watcher.watch({ users: ['ann', 'bob'] });
    expect((await inWords(team)).sort()).toEqual(['ann online -', 'bob offline -']);
    expect(team.state.value).toEqual({ status: 'live' });
    const changes = note(team);
    await session.setStatus('away', { text: 'lunch' });
    const bob = await online('bob');
    session.close();
    await shows(
      team,
      () => team.get('ann')?.status === 'offline' && team.get('bob')?.status === 'online',
    );
    expect(changes).toEqual([
      'ann: online -> away, requested',
      'bob: offline -> online, connected',
      'ann: away -> offline, disconnected',
    ]);
    bob.close();
  });

  it('has only the users of the channel, if it names a channel', async () => {
    const sessions = await Promise.all(['ann', 'bob', 'cat'].map((user) => online(user, 'lobby')));
    const lobby = watcher.watch({ channels: ['lobby'] });
    expect((await inWords(lobby)).sort()).toEqual([
      'ann online lobby',
      'bob online lobby',
      'cat online lobby',
    ]);
    const changes = note(lobby);
    await sessions[0]!.leaveChannel();
    await sessions[1]!.joinChannel('garden');
    sessions[2]!.close();
    await shows(lobby, () => lobby.size === 0);
    await online('dan', 'lobby');
    await shows(lobby, () => lobby.has('dan'));
    expect(changes).toEqual([
      'ann: online -> absent, requested',
      'bob: online -> absent, requested',
      'cat: online -> absent, disconnected',
      'dan: absent -> online, requested',
    ]);
  });

  it('has the users who are not offline, if it names none', async () => {
    const ann = await online('ann');
    const everyone = watcher.watch();
    expect(await inWords(everyone)).toEqual(['ann online -']);
    await online('bob');
    await shows(everyone, () => everyone.size === 2);
    ann.close();
    await shows(everyone, () => everyone.size === 1);
    expect(await inWords(everyone)).toEqual(['bob online -']);
  });

  it('receives the named kinds, and joins, leaves and moves', async () => {
    const ann = await online('ann', 'lobby');
    const lobby = watcher.watch({ channels: ['lobby'], kinds: ['mute-changed'] });
    await lobby.ready;
    const changes = note(lobby);
    await ann.setStatus('away');
    await ann.mute({ microphone: true });
    await ann.leaveChannel();
    await shows(lobby, () => lobby.size === 0);
    expect(changes).toEqual(['ann: online -> away, requested', 'ann: away -> absent, requested']);
  });

  it('receives each missed change once after a break', async () => {
    const ann = await online('ann');
    const link = await Link.to(service.addresses(protocol.addressOf));
    const gate = new Gate();
    const away = clients.at(link.addresses, 'watcher', { gate });
    const team = away.watch({ users: ['ann', 'bob'] });
    await team.ready;
    await ann.setStatus('away');
    await shows(team, () => team.get('ann')?.status === 'away');
    const changes = note(team);
    gate.shut();
    link.cut();
    await untilStatus(team.state, 'stale');
    expect(team.get('ann')?.status).toBe('away');
    await ann.setStatus('do-not-disturb');
    await online('bob');
    await ann.setStatus('automatic');
    gate.open();
    await untilStatus(team.state, 'live');
    expect(changes).toEqual([
      'ann: away -> do-not-disturb, requested',
      'bob: offline -> online, connected',
      'ann: do-not-disturb -> online, requested',
    ]);
    link.close();
  });

  it('gets a new snapshot if the log no longer has the missed events, and reports the differences', async () => {
    await service.stop();
    await start({}, { eventLogSize: 2, historyReaders: 0 });
    const [ann, bob] = [await online('ann', 'lobby'), await online('bob', 'lobby')];
    const link = await Link.to(service.addresses(protocol.addressOf));
    const gate = new Gate();
    const away = clients.at(link.addresses, 'watcher', { gate });
    const lobby = away.watch({ channels: ['lobby'] });
    await lobby.ready;
    const changes = note(lobby);
    const sizes: number[] = [];
    lobby.subscribe(() => sizes.push(lobby.size));
    gate.shut();
    link.cut();
    await untilStatus(lobby.state, 'stale');
    for (const channelId of ['garden', 'attic', 'garden']) await bob.joinChannel(channelId);
    await ann.setStatus('away');
    await online('cat', 'lobby');
    expect(await inWords(lobby)).toEqual(['ann online lobby', 'bob online lobby']);
    gate.open();
    await untilStatus(lobby.state, 'live');
    expect(changes.sort()).toEqual([
      'ann: online -> away, snapshot',
      'bob: online -> absent, snapshot',
      'cat: absent -> online, snapshot',
    ]);
    expect(sizes).toEqual([2, 2, 2]);
    link.close();
  });

  it('stays live and continues with a new token when the old one has expired', async () => {
    const asked: number[] = [];
    const team = clients
      .of(service, 'watcher', {
        token: async () => {
          asked.push(1);
          return asked.length === 1 ? shortToken(service, 'watcher') : tokenOf('watcher');
        },
      })
      .watch({ users: ['ann'] });
    await team.ready;
    const states: string[] = [];
    team.state.subscribe(({ status }) => states.push(status));
    await letShortTokensExpire(service);
    await eventually(() => asked.length, 2);
    const session = await online('ann');
    await shows(team, () => team.get('ann')?.status === 'online');
    expect(states).toEqual(['live']);
    session.close();
  });

  it('is closed by the program for good', async () => {
    const team = watcher.watch({ users: ['ann'] });
    await team.ready;
    const changes = note(team);
    team.close();
    expect(await untilStatus(team.state, 'closed')).toMatchObject({ reason: 'closed' });
    await online('ann');
    expect(changes).toEqual([]);
    expect(team.get('ann')?.status).toBe('offline');
  });
});
