import { setImmediate } from 'node:timers/promises';
import type { PresenceClient, Session } from '@presence-service/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SessionRegistry } from '../../src/session/session-registry.js';
import { signToken } from '../../src/auth/sign-token.js';
import { eventually } from '../../test/support/eventually.js';
import { Link } from '../../test/support/link.js';
import { Service, tokenOf } from '../../test/support/service.js';
import { Clients } from './support/clients.js';
import { untilStatus } from './support/observed.js';
import { PROTOCOLS } from './support/protocols.js';

describe.each(PROTOCOLS)('A session of the client over $name', (protocol) => {
  let service: Service;
  let clients: Clients;
  let ann: PresenceClient;
  beforeEach(async () => {
    service = await Service.start(protocol.settings);
    clients = new Clients(protocol);
    ann = clients.of(service, 'ann');
  });
  afterEach(async () => {
    clients.close();
    await service.stop();
  });

  async function online(session: Session): Promise<Session> {
    await session.ready;
    return session;
  }

  it('keeps the user online until it is closed', async () => {
    const session = await online(ann.connect({ platform: 'desktop', microphoneMuted: true }));
    const presence = await ann.get('ann');
    expect(presence).toMatchObject({
      status: 'online',
      platforms: ['desktop'],
      isMicrophoneMuted: true,
      isSpeakerMuted: false,
    });
    expect(session.presence).toEqual(presence);
    session.close();
    await eventually(async () => (await ann.get('ann')).status, 'offline');
    expect(session.state.value).toMatchObject({ status: 'closed', reason: 'closed' });
  });

  it('executes commands in order', async () => {
    const session = ann.connect();
    const channels = ['a', 'b', 'c', 'd'].map((channel) => session.joinChannel(channel));
    const [, , , last] = await Promise.all(channels);
    expect(last).toMatchObject({ channelId: 'd' });
    expect(await session.mute({ microphone: true })).toMatchObject({ isMicrophoneMuted: true });
    expect(await session.mute({ speaker: true })).toMatchObject({
      isMicrophoneMuted: true,
      isSpeakerMuted: true,
    });
    expect(await session.setStatus('do-not-disturb', { text: 'focus' })).toMatchObject({
      status: 'do-not-disturb',
      statusText: 'focus',
    });
    expect(await session.leaveChannel()).toMatchObject({ channelId: undefined });
    expect(await session.recordActivity()).toMatchObject({ status: 'do-not-disturb' });
  });

  it('lets a status expire by itself', async () => {
    const session = await online(ann.connect());
    await session.setStatus('away', { until: new Date(service.clock.now() + 60_000) });
    await service.passTime(60_000);
    expect(await ann.get('ann')).toMatchObject({ status: 'online' });
  });

  it('names the wrong field and continues', async () => {
    const session = await online(ann.connect());
    await expect(session.joinChannel('')).rejects.toMatchObject({
      name: 'PresenceError',
      code: 'invalid-argument',
      violations: [{ field: 'channelId' }],
    });
    expect(await session.joinChannel('lobby')).toMatchObject({ channelId: 'lobby' });
  });

  it('is closed by endSession and does not reconnect', async () => {
    const session = await online(ann.connect());
    const states: string[] = [];
    session.state.subscribe(({ status }) => states.push(status));
    await clients.of(service, 'ann').endSession(session.sessionId!);
    expect(await untilStatus(session.state, 'closed')).toMatchObject({ reason: 'session-ended' });
    expect(states).toEqual(['online', 'closed']);
    await expect(session.joinChannel('lobby')).rejects.toMatchObject({ code: 'session-ended' });
    expect(await ann.sessions()).toEqual([]);
  });

  it('is closed if its token and a new one are rejected', async () => {
    const asked: string[] = [];
    const stranger = clients.of(service, 'ann', {
      token: () => {
        asked.push('asked');
        return signToken({
          key: 'a secret of somebody else, 32 bytes',
          userId: 'ann',
          ttlSeconds: 60,
        });
      },
    });
    const session = stranger.connect();
    await expect(session.ready).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(asked).toHaveLength(2);
    expect(session.state.value).toMatchObject({ status: 'closed', reason: 'unauthenticated' });
  });

  it('leaves nothing behind if it is closed at any point of its start', async () => {
    const token = await tokenOf('ann');
    const hasty = clients.of(service, 'ann', { token });
    for (let turns = 0; turns < 60; turns++) {
      const session = hasty.connect();
      for (let i = 0; i < turns; i++) await (i < 40 ? undefined : setImmediate());
      session.close();
    }
    await online(clients.of(service, 'bob').connect());
    // A request from before the close may arrive only now. Its session is then ended at once.
    await eventually(() => ann.sessions(), []);
    expect(service.sizeOf(SessionRegistry)).toBe(1);
  });

  it.each(['cut', 'reset'] as const)(
    'reconnects when its connection is %s, with its channel and mute state',
    async (failure) => {
      const link = await Link.to(service.addresses(protocol.addressOf));
      const away = clients.at(link.addresses, 'ann');
      const session = await online(away.connect({ platform: 'desktop' }));
      await session.joinChannel('lobby');
      await session.mute({ microphone: true });
      const before = session.sessionId;
      link[failure]();
      const { error } = await untilStatus(session.state, 'reconnecting');
      expect(error.code).toBe('unavailable');
      await untilStatus(session.state, 'online');
      expect(session.sessionId).not.toBe(before);
      expect(await ann.get('ann')).toMatchObject({
        status: 'online',
        channelId: 'lobby',
        isMicrophoneMuted: true,
      });
      link.close();
    },
  );

  it('does not undo a channel change of another device', async () => {
    const link = await Link.to(service.addresses(protocol.addressOf));
    const session = await online(clients.at(link.addresses, 'ann').connect());
    await session.joinChannel('lobby');
    const phone = await online(ann.connect({ platform: 'mobile' }));
    await phone.joinChannel('garden');
    link.cut();
    await untilStatus(session.state, 'reconnecting');
    await untilStatus(session.state, 'online');
    expect(await ann.get('ann')).toMatchObject({ channelId: 'garden' });
    expect(session.channelId).toBeUndefined();
    link.close();
  });

  it('executes a command that was given while it was disconnected', async () => {
    const link = await Link.to(service.addresses(protocol.addressOf));
    const session = await online(clients.at(link.addresses, 'ann').connect());
    link.cut();
    await untilStatus(session.state, 'reconnecting');
    expect(await session.joinChannel('lobby')).toMatchObject({ channelId: 'lobby' });
    link.close();
  });

  it('treats a silent connection as lost', async () => {
    const link = await Link.to(service.addresses(protocol.addressOf));
    const away = clients.at(link.addresses, 'ann', { silenceTimeoutMs: 500 });
    const session = await online(away.connect());
    link.fallSilent();
    const { error } = await untilStatus(session.state, 'reconnecting');
    expect(error.message).toBe('no message arrived for 500 ms');
    await untilStatus(session.state, 'online');
    link.close();
  });

  it('moves to a session with a new token before the old one expires, without an event', async () => {
    // The clock of the service stands still, so that a token expires when the client expects it.
    const asked: string[] = [];
    const client = clients.of(service, 'ann', {
      token: async () => {
        const token = await tokenOf('ann', { ttlSeconds: asked.length === 0 ? 3 : 3600 });
        asked.push(token);
        return token;
      },
    });
    const bob = clients.of(service, 'bob').watch({ users: ['ann'] });
    await bob.ready;
    const seen: string[] = [];
    bob.subscribe(({ reason, current }) =>
      seen.push(`${reason} ${current?.status} ${current?.channelId}`),
    );
    const session = await online(client.connect({ platform: 'web' }));
    const before = session.sessionId;
    await session.joinChannel('lobby');
    await untilStatus(session.state, 'online');
    await eventually(() => session.sessionId !== before, true);
    await eventually(async () => (await ann.sessions()).length, 1);
    expect(asked).toHaveLength(2);
    expect(await ann.get('ann')).toMatchObject({ status: 'online', channelId: 'lobby' });
    expect(seen.filter((change) => !change.includes('connected'))).toEqual([
      'requested online lobby',
    ]);
    expect(seen.join()).not.toContain('offline');
  });
});
