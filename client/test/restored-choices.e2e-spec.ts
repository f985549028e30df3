import type { SessionOptions } from '@presence-service/client';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { Service, tokenOf } from '../../test/support/service.js';
import { Clients } from './support/clients.js';
import { Device } from './support/device.js';
import { PROTOCOLS } from './support/protocols.js';

describe.each(PROTOCOLS)('The choices of a user, with clients over $name,', (protocol) => {
  const services: Service[] = [];
  const devices: Device[] = [];
  const clients = new Clients(protocol);
  let service: Service;
  afterEach(async () => {
    for (const device of devices.splice(0)) device.close();
    clients.close();
    await Promise.all(services.splice(0).map((each) => each.stop()));
  });

  async function start(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    service = await Service.start({ ...protocol.settings, ...settings });
    services.push(service);
  }

  async function device(options?: SessionOptions, token?: () => Promise<string>): Promise<Device> {
    const started = await Device.start(service, protocol, 'ann', options, token);
    devices.push(started);
    return started;
  }

  /** Collects, as text, the changes that another user sees of Ann from now on. */
  async function watched(): Promise<string[]> {
    const seen: string[] = [];
    const watcher = clients.of(service, 'bob').watch({ users: ['ann'] });
    await watcher.ready;
    watcher.subscribe(({ current }) => {
      seen.push(`${current?.status} ${current?.channelId ?? '-'}`);
    });
    return seen;
  }

  const shown = () => clients.of(service, 'bob').get('ann');
  const own = () => clients.of(service, 'ann').get('ann');

  /** Advances the clock of the service, which otherwise stands still. */
  const later = () => service.passTime(5);

  describe.each([
    { name: 'without a grace', settings: {} },
    { name: 'with a grace', settings: { RECONNECT_GRACE_MS: '3000' } },
  ])('$name,', ({ settings }) => {
    it('stays INVISIBLE when an older device returns that had said automatic', async () => {
      await start(settings);
      const desktop = await device({ platform: 'desktop' });
      await desktop.session.setStatus('automatic');
      await later();
      const phone = await device({ platform: 'mobile' });
      await phone.session.setStatus('invisible');
      phone.close();
      const seen = await watched();
      await later();
      await desktop.loseAndReturn();
      await desktop.session.recordActivity();
      expect(await shown()).toMatchObject({ status: 'offline' });
      expect(seen).toEqual([]);
    });

    it('stays cleared when a device returns that had set it', async () => {
      await start(settings);
      const desktop = await device({ platform: 'desktop' });
      await desktop.session.setStatus('do-not-disturb', { text: 'focus' });
      await later();
      const phone = await device({ platform: 'mobile' });
      await phone.session.setStatus('automatic');
      phone.close();
      await later();
      await desktop.loseAndReturn();
      expect(await shown()).toMatchObject({ status: 'online', statusText: '' });
    });

    it.each([
      ['the older choice', 0],
      ['the newer choice', 1],
    ])(
      'stays the newest when all devices are cut, and that with %s returns first',
      async (_, first) => {
        await start(settings);
        const desktop = await device({ platform: 'desktop' });
        const phone = await device({ platform: 'mobile' });
        await desktop.session.setStatus('do-not-disturb');
        await later();
        await phone.session.setStatus('invisible');
        const seen = await watched();
        await Promise.all([desktop.lose(), phone.lose()]);
        await later();
        const order = first === 0 ? [desktop, phone] : [phone, desktop];
        for (const each of order) await each.return();
        expect(await shown()).toMatchObject({ status: 'offline' });
        expect(seen).toEqual([]);
      },
    );

    it('stays as another device made it when a broken connection returns', async () => {
      await start(settings);
      const desktop = await device({ platform: 'desktop', microphoneMuted: false });
      await desktop.session.joinChannel('meeting');
      const phone = await device({ platform: 'mobile' });
      await later();
      await phone.session.mute({ microphone: true });
      await phone.session.leaveChannel();
      const seen = await watched();
      await desktop.loseAndReturn();
      expect(await own()).toMatchObject({ isMicrophoneMuted: true, channelId: undefined });
      expect(desktop.session.channelId).toBeUndefined();
      expect(seen.join()).not.toContain('meeting');
    });
  });

  it('stays as another device made it when a token is renewed', async () => {
    await start();
    const tokens: string[] = [];
    const desktop = await device({ platform: 'desktop', microphoneMuted: false }, async () => {
      const token = await tokenOf('ann', { ttlSeconds: tokens.length === 0 ? 3 : 3600 });
      tokens.push(token);
      return token;
    });
    const before = desktop.session.sessionId;
    await desktop.session.joinChannel('meeting');
    const phone = await device({ platform: 'mobile' });
    await phone.session.mute({ microphone: true });
    await phone.session.leaveChannel();
    const seen = await watched();
    await eventually(() => desktop.session.sessionId !== before, true);
    expect(await own()).toMatchObject({ isMicrophoneMuted: true, channelId: undefined });
    expect(seen.join()).not.toContain('meeting');
  });

  describe('when the service has forgotten everything,', () => {
    /** Replaces the service by another one that has no stored state. */
    async function forget(...all: readonly Device[]): Promise<void> {
      await Promise.all(all.map((each) => each.lose()));
      await start();
      for (const each of all) each.find(service);
    }

    it('is restored as it was, with the channel', async () => {
      await start();
      const desktop = await device({ platform: 'desktop' });
      await desktop.session.joinChannel('lobby');
      await desktop.session.mute({ microphone: true });
      await desktop.session.setStatus('away', { text: 'lunch' });
      await forget(desktop);
      await desktop.return();
      expect(await shown()).toMatchObject({
        status: 'away',
        statusText: 'lunch',
        channelId: 'lobby',
        isMicrophoneMuted: true,
      });
      expect(desktop.session.channelId).toBe('lobby');
    });

    it('is restored with all channels, also if no command has left the others', async () => {
      await start();
      const desktop = await device({ platform: 'desktop' });
      for (const channelId of ['doc-1', 'doc-2', 'doc-3']) {
        await desktop.session.joinChannel(channelId, { keepOthers: true });
      }
      const phone = await device({ platform: 'mobile' });
      await phone.session.joinChannel('doc-4', { keepOthers: true });
      await eventually(() => desktop.session.channelIds.length, 3);
      await forget(desktop, phone);
      await desktop.return();
      await phone.return();
      expect(desktop.session.channelIds).toEqual(['doc-1', 'doc-2', 'doc-3']);
      expect(phone.session.channelIds).toEqual(['doc-4']);
      expect((await shown()).channelIds).toEqual(['doc-1', 'doc-2', 'doc-3', 'doc-4']);
    });

    it('is restored by a device that only received it, and is INVISIBLE before others can see the user', async () => {
      await start();
      const desktop = await device({ platform: 'desktop' });
      await desktop.session.setStatus('automatic');
      await desktop.session.joinChannel('lobby');
      const phone = await device({ platform: 'mobile' });
      await later();
      await phone.session.setStatus('invisible');
      await phone.session.leaveChannel();
      // Once the desktop has received the last change, it has received both.
      await eventually(() => desktop.session.channelId, undefined);
      phone.close();
      await forget(desktop);
      const seen = await watched();
      await desktop.return();
      await desktop.session.recordActivity();
      expect(await shown()).toMatchObject({ status: 'offline', channelId: undefined });
      expect(await own()).toMatchObject({ status: 'online', channelId: undefined });
      expect(seen).toEqual([]);
    });

    it('is not restored when it has lapsed meanwhile', async () => {
      await start();
      const desktop = await device({ platform: 'desktop' });
      const until = new Date(service.clock.now() + 60_000);
      await desktop.session.setStatus('away', { until });
      await desktop.lose();
      await service.passTime(60_000);
      const { clock } = service;
      services.push((service = await Service.start(protocol.settings, { clock })));
      desktop.find(service);
      await desktop.return();
      expect(await shown()).toMatchObject({ status: 'online' });
    });
  });

  // Over HTTP a closed connection ends the session, so no lost session waits for its client there.
  it.runIf(protocol.name === 'gRPC')(
    'waits for the tab that chose it, though another of its platform returns first',
    async () => {
      await start({ RECONNECT_GRACE_MS: '3000' });
      const tab = await device({ platform: 'web' });
      const other = await device({ platform: 'web' });
      await tab.session.joinChannel('lobby');
      await Promise.all([tab.lose(), other.lose()]);
      const seen = await watched();
      await other.return();
      expect(other.session.channelId).toBeUndefined();
      other.close();
      await eventually(async () => (await clients.of(service, 'ann').sessions()).length, 0);
      expect(await shown()).toMatchObject({ status: 'online', channelId: 'lobby' });
      await tab.return();
      expect(tab.session.channelId).toBe('lobby');
      expect(seen).toEqual([]);
    },
  );
});
