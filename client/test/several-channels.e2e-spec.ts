import type { PresenceClient, Session, SessionOptions } from '@presence-service/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { Service } from '../../test/support/service.js';
import { Clients } from './support/clients.js';
import { Device } from './support/device.js';
import { PROTOCOLS } from './support/protocols.js';

describe.each(PROTOCOLS)('With clients over $name,', (protocol) => {
  let service: Service;
  let clients: Clients;
  let bob: PresenceClient;
  const devices: Device[] = [];
  beforeEach(async () => {
    service = await Service.start(protocol.settings);
    clients = new Clients(protocol);
    bob = clients.of(service, 'bob');
  });
  afterEach(async () => {
    for (const device of devices.splice(0)) device.close();
    clients.close();
    await service.stop();
  });

  async function tab(options: SessionOptions = {}): Promise<Device> {
    const device = await Device.start(service, protocol, 'ann', { platform: 'web', ...options });
    devices.push(device);
    return device;
  }

  async function joined(channelId: string): Promise<Session> {
    const session = clients.of(service, 'ann').connect();
    await session.joinChannel(channelId);
    return session;
  }

  it('two tabs of a user are in two documents, and each leaves with its tab', async () => {
    const one = await tab();
    const two = await tab();
    await one.session.joinChannel('a', { keepOthers: true });
    await two.session.joinChannel('b', { keepOthers: true });
    const viewers = bob.watch({ channels: ['a', 'b'] });
    await viewers.ready;
    expect(viewers.get('ann')).toMatchObject({ channelId: 'b', channelIds: ['a', 'b'] });
    expect([one.session.channelIds, two.session.channelIds]).toEqual([['a'], ['b']]);
    expect((await clients.of(service, 'ann').sessions()).map((each) => each.channelIds)).toEqual([
      ['a'],
      ['b'],
    ]);
    two.close();
    await eventually(() => viewers.get('ann')?.channelIds, ['a']);
    one.close();
    await eventually(() => viewers.has('ann'), false);
  });

  it('a session has its channels and attributes again after a lost connection', async () => {
    const one = await tab({ attributes: { doc: 'plan' } });
    await one.session.joinChannel('a', { keepOthers: true });
    await one.session.joinChannel('b', { keepOthers: true });
    await one.session.setAttributes({ page: '7' });
    await one.loseAndReturn();
    await eventually(async () => (await bob.get('ann')).channelIds, ['a', 'b']);
    expect(await bob.get('ann')).toMatchObject({
      channelId: 'b',
      attributes: { doc: 'plan', page: '7' },
    });
    expect(one.session.channelIds).toEqual(['a', 'b']);
    await one.session.leaveChannel('b');
    expect(one.session.channelIds).toEqual(['a']);
  });

  it('an attribute expires by itself, and the change says so', async () => {
    const session = await joined('a');
    const viewers = bob.watch({ channels: ['a'] });
    await viewers.ready;
    const seen: string[] = [];
    viewers.subscribe(({ presence, reason }) => {
      seen.push(`${presence.attributes['typing'] ?? '-'} ${reason}`);
    });
    await session.setAttributes({ typing: 'yes' }, { expiresInMs: 5000 });
    await eventually(() => seen, ['yes requested']);
    await service.passTime(5000);
    await eventually(() => seen, ['yes requested', '- attribute-expired']);
  });

  it('attributes may have the names of properties', async () => {
    const session = await joined('a');
    const attributes = JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>;
    await session.setAttributes(attributes);
    const shown = await bob.get('ann');
    expect(Object.entries(shown.attributes).sort()).toEqual(Object.entries(attributes).sort());
    await session.setAttributes(Object.fromEntries([['__proto__', undefined]]));
    expect(Object.keys((await bob.get('ann')).attributes)).toEqual(['constructor']);
  });

  it('a moderator mutes, moves and removes a user, who cannot lift it', async () => {
    const session = await joined('stage');
    const max = clients.of(service, 'max', { grants: { moderate: ['stage', 'hall'] } });
    expect(await max.muteUser('ann', { microphone: true })).toMatchObject({
      isMicrophoneMuted: false,
      isMicrophoneMutedByModerator: true,
    });
    expect(await session.mute({ microphone: false })).toMatchObject({
      isMicrophoneMutedByModerator: true,
    });
    expect(await max.moveUser('ann', 'stage', 'hall')).toMatchObject({ channelIds: ['hall'] });
    await eventually(() => session.channelIds, ['hall']);
    expect(await max.removeUser('ann', 'hall')).toMatchObject({ channelIds: [] });
    await eventually(() => session.channelIds, []);
    await expect(bob.muteUser('ann', { speaker: true })).rejects.toMatchObject({
      code: 'permission-denied',
      reason: 'MODERATE_GRANT_REQUIRED',
    });
    await expect(max.removeUser('ann', 'hall')).rejects.toMatchObject({
      reason: 'USER_NOT_IN_CHANNEL',
    });
  });

  it('a backend sets the status of a user who is not connected', async () => {
    const calendar = clients.of(service, 'calendar', { isAdmin: true });
    await calendar.setStatusOf('ann', 'do-not-disturb', { text: 'In a meeting' });
    await joined('a');
    expect(await bob.get('ann')).toMatchObject({
      status: 'do-not-disturb',
      statusText: 'In a meeting',
    });
    await expect(bob.setStatusOf('ann', 'away')).rejects.toMatchObject({
      reason: 'ADMIN_SCOPE_REQUIRED',
    });
  });

  it('counts follow the users of a channel', async () => {
    const counts = bob.watchCounts(['a', 'b']);
    await counts.ready;
    expect(counts.value.map(({ total }) => total)).toEqual([0, 0]);
    const session = await joined('a');
    await untilCounted(() => counts.value[0]?.byStatus.online, 1);
    await session.setStatus('away');
    await untilCounted(() => counts.value[0]?.byStatus, {
      online: 0,
      idle: 0,
      'do-not-disturb': 0,
      away: 1,
    });
    expect(await bob.count(['b', 'a'])).toMatchObject([
      { channelId: 'b', total: 0 },
      { channelId: 'a', total: 1 },
    ]);
    expect(await bob.count()).toMatchObject([{ channelId: undefined, total: 1 }]);
    session.close();
    await untilCounted(() => counts.value[0]?.total, 0);
  });

  /** The service sends changed counts once a second, by its clock, which otherwise stands still. */
  async function untilCounted<T>(count: () => T, expected: T): Promise<void> {
    await eventually(async () => {
      await service.passTime(1000);
      return count();
    }, expected);
  }
});
