import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Client } from '../support/client.js';
import { Service } from '../support/service.js';

describe('The choices of a user', () => {
  let service: Service;
  let ann: Client;
  beforeAll(async () => {
    service = await Service.start();
  });
  afterAll(() => service.stop());

  let count = 0;
  async function newUser(): Promise<string> {
    const userId = `user-${++count}`;
    ann = await service.client(userId);
    await service.passTime(5);
    return userId;
  }

  it('are returned by each command, with a version that grows even if nothing changes', async () => {
    await newUser();
    const { sessionId, started } = await ann.connect();
    expect(started.choices).toEqual({});
    const first = await ann.updateMuteState({ sessionId, isMicrophoneMuted: false });
    expect(first.choices).toEqual({
      microphone: { version: expect.any(Number) as number, isMuted: false },
    });
    const again = await ann.updateMuteState({ sessionId, isMicrophoneMuted: false });
    const { version } = again.choices!.microphone!;
    expect(version).toBeGreaterThan(first.choices!.microphone!.version);
    expect(again.presence).toEqual(first.presence);
    const joined = await ann.joinChannel({ sessionId, channelId: 'lobby' });
    const joinedVersion = joined.choices!.channel!.version;
    expect(joined.choices).toEqual({
      microphone: { version, isMuted: false },
      channel: {
        version: expect.any(Number) as number,
        channels: [{ channelId: 'lobby', isHeld: true, joinedVersion }],
        clearedVersion: joinedVersion,
      },
    });
  });

  it('are sent to the other sessions of the user when they change', async () => {
    await newUser();
    const desktop = await ann.connect();
    const phone = await ann.connect();
    const { choices } = await ann.joinChannel({ sessionId: phone.sessionId, channelId: 'lobby' });
    const { body } = await desktop.stream.next();
    expect(body).toEqual({
      $case: 'choices',
      value: {
        channel: {
          version: choices!.channel!.version,
          channels: [
            { channelId: 'lobby', isHeld: false, joinedVersion: choices!.channel!.version },
          ],
          clearedVersion: choices!.channel!.version,
        },
      },
    });
  });

  it('is restored to a user that the service does not know, INVISIBLE before others see the user', async () => {
    const userId = await newUser();
    const version = service.clock.now() * 1000 - 1_000_000;
    const { started } = await ann.connect({
      previousSessionId: 'of a service that forgot',
      choices: {
        status: {
          version,
          choice: StatusChoice.STATUS_CHOICE_INVISIBLE,
          statusText: 'hiding',
          expiresAt: undefined,
        },
        microphone: { version, isMuted: true },
        speaker: undefined,
        channel: {
          version,
          channels: [{ channelId: 'lobby', isHeld: true, joinedVersion: version }],
          clearedVersion: version,
        },
      },
    });
    expect(started.presence).toMatchObject({
      statusText: 'hiding',
      isMicrophoneMuted: true,
      currentChannelId: 'lobby',
    });
    expect(started.choices).toEqual({
      status: { version, choice: StatusChoice.STATUS_CHOICE_INVISIBLE, statusText: 'hiding' },
      microphone: { version, isMuted: true },
      channel: {
        version,
        channels: [{ channelId: 'lobby', isHeld: true, joinedVersion: version }],
        clearedVersion: version,
      },
    });
    const other = await service.client('somebody else');
    const { presence } = await other.getPresence({ userId });
    expect(presence).toMatchObject({ version: 0, connectedAt: undefined });
  });

  it('is not undone by a client that remembers an older choice, with the channel or with all', async () => {
    await newUser();
    const first = await ann.connect({ isMicrophoneMuted: false });
    const { choices } = await ann.joinChannel({ sessionId: first.sessionId, channelId: 'lobby' });
    const second = await ann.connect();
    await ann.updateMuteState({ sessionId: second.sessionId, isMicrophoneMuted: true });
    await ann.leaveChannel({ sessionId: second.sessionId });
    const { started } = await ann.connect({ previousSessionId: first.sessionId, choices });
    expect(started.presence).toMatchObject({ isMicrophoneMuted: true });
    expect(started.presence!.currentChannelId).toBeUndefined();
  });
});
