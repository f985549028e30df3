import { Code, ConnectError } from '@connectrpc/connect';
import type { Session } from '@presence-service/client';
import { beforeEach, describe, expect, it } from 'vitest';
import { chosen, heartbeat } from './support/fake-service.js';
import { settled } from './support/manual-timers.js';
import { inWords, rejectedToken, SessionWorld, unavailable } from './support/session-world.js';

describe('A session', () => {
  let world: SessionWorld;
  beforeEach(() => (world = new SessionWorld()));

  describe('after a loss', () => {
    const inLobby = { version: 7n, channels: [{ channelId: 'lobby', isHeld: true }] };
    const nowhere = { version: 8n, channels: [] };

    async function comesBack(session: Session): Promise<void> {
      world.service.session.fail(unavailable());
      await world.timers.pass(1000);
      expect(session.state.value.status).toBe('online');
    }

    it('sends the previous session id and the choices it received, and repeats no command', async () => {
      const session = world.client().connect({ microphoneMuted: true });
      await session.ready;
      expect(world.service.session.request).toMatchObject({ isMicrophoneMuted: true });
      expect(world.service.session.request.previousSessionId).toBe('');
      world.service.choices = { microphone: { version: 5n, isMuted: true }, channel: inLobby };
      await session.joinChannel('lobby');
      await comesBack(session);
      expect(world.service.session.request).toMatchObject({
        previousSessionId: 's1',
        choices: { microphone: { version: 5n, isMuted: true }, channel: inLobby },
      });
      expect(world.service.session.request.isMicrophoneMuted).toBeUndefined();
      expect(world.service.heard).toEqual(['joinChannel s1 lobby']);
      expect(session.channelId).toBe('lobby');
      session.close();
    });

    it('sends its mute state again if the service never received it', async () => {
      world.service.failNext('connect', unavailable());
      const session = world.client().connect({ speakerMuted: true });
      await world.timers.pass(1000);
      expect(world.service.session.request).toMatchObject({ isSpeakerMuted: true });
      session.close();
    });

    it('sends the choices that another device made', async () => {
      const session = await world.online();
      world.service.choices = { channel: inLobby };
      await session.joinChannel('lobby');
      world.service.session.send(
        chosen({ channel: nowhere, speaker: { version: 9n, isMuted: true } }),
      );
      await settled();
      expect(session.channelId).toBeUndefined();
      await comesBack(session);
      expect(world.service.session.request.choices).toMatchObject({
        channel: nowhere,
        speaker: { version: 9n, isMuted: true },
      });
      session.close();
    });

    it('joins all its channels again, and returns the errors of the service about the others', async () => {
      const session = await world.online();
      const channel = {
        version: 7n,
        clearedVersion: 5n,
        channels: [
          { channelId: 'a', isHeld: true },
          { channelId: 'c', isHeld: false },
          { channelId: 'b', isHeld: true },
        ],
      };
      world.service.choices = { channel };
      await session.joinChannel('b', { keepOthers: true });
      expect(world.service.heard).toEqual(['joinChannel s1 b too']);
      expect(session.channelIds).toEqual(['a', 'b']);
      expect(session.channelId).toBe('b');
      await comesBack(session);
      expect(world.service.session.request.choices).toMatchObject({ channel });
      session.close();
    });

    it('leaves one channel or all of them', async () => {
      const session = await world.online();
      await session.leaveChannel('a');
      await session.leaveChannel();
      expect(world.service.heard).toEqual(['leaveChannel s1 a', 'leaveChannel s1']);
      session.close();
    });

    it('ignores choices that arrive out of order', async () => {
      const session = await world.online();
      world.service.choices = { channel: nowhere };
      await session.leaveChannel();
      world.service.session.send(chosen({ channel: inLobby }));
      await settled();
      expect(session.channelId).toBeUndefined();
      await comesBack(session);
      expect(world.service.session.request.choices).toMatchObject({ channel: nowhere });
      session.close();
    });

    it('accepts the choices that the service returns', async () => {
      const session = await world.online();
      world.service.choices = { channel: inLobby };
      await session.joinChannel('lobby');
      // The service rejects the version that the client sends as impossible, and responds with its own choice.
      world.service.choices = { channel: { version: 3n, channels: [] } };
      await comesBack(session);
      expect(session.channelId).toBeUndefined();
      await comesBack(session);
      expect(world.service.session.request.choices).toMatchObject({ channel: { version: 3n } });
      session.close();
    });

    it('counts as lost after 45 seconds without a message, and heartbeats are messages', async () => {
      const session = await world.online();
      await world.timers.pass(44_000);
      world.service.session.send(heartbeat);
      await world.timers.pass(44_000);
      expect(session.state.value.status).toBe('online');
      await world.timers.pass(1000);
      expect(session.state.value).toMatchObject({ status: 'reconnecting' });
      await settled();
      expect(world.service.sessions[0]!.isOver).toBe(true);
      session.close();
    });
  });

  describe('when it cannot continue', () => {
    it.each([
      ['ended by endSession', Code.Aborted, 'session-ended'],
      ['refused', Code.PermissionDenied, 'permission-denied'],
    ] as const)('is closed after the error %s', async (_, code, reason) => {
      const session = await world.online();
      let isComplete = false;
      session.state.subscribe({ complete: () => (isComplete = true) });
      world.service.session.fail(new ConnectError('over', code));
      await world.timers.pass(60_000);
      expect(world.service.sessions).toHaveLength(1);
      expect(inWords(session.state.value)).toBe(`closed: ${reason}`);
      expect(isComplete).toBe(true);
      expect(world.timers.size).toBe(0);
    });

    it('is not closed by a connection that was reset, which transports call ABORTED as well', async () => {
      const session = await world.online();
      const reset = new ConnectError('read ECONNRESET', Code.Aborted);
      const { stream } = world.service.transport;
      reset.cause = new Error('read ECONNRESET');
      world.service.session.fail(unavailable());
      world.service.transport.stream = () => {
        world.service.transport.stream = stream;
        return Promise.reject(reset);
      };
      await world.timers.pass(1000);
      expect(inWords(session.state.value)).toBe('online as s2');
      session.close();
    });

    it('is closed if a new token is rejected as well', async () => {
      world.service.failNext('connect', rejectedToken(), rejectedToken());
      const session = world.client().connect();
      await expect(session.ready).rejects.toMatchObject({ code: 'unauthenticated' });
      expect(world.tokens).toBe(2);
    });

    it('is closed if the program has no more tokens', async () => {
      const { PresenceError } = await import('@presence-service/client');
      const session = world
        .client({
          token: () => Promise.reject(new PresenceError('unauthenticated', 'signed out')),
        })
        .connect();
      await expect(session.ready).rejects.toMatchObject({ message: 'signed out' });
    });
  });
});
