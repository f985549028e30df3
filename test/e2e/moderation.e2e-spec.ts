import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Client, OpenSession } from '../support/client.js';
import { inWords } from '../support/in-words.js';
import { Service } from '../support/service.js';
import { connectWatched, type WatchedUser } from '../support/watched-user.js';

const { STATUS_CHOICE_INVISIBLE: INVISIBLE, STATUS_CHOICE_AUTOMATIC: AUTOMATIC } = StatusChoice;

describe('A moderator', () => {
  let service: Service;
  let moderator: Client;
  let admin: Client;
  beforeAll(async () => {
    service = await Service.start({ MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '99' });
    moderator = await service.client('moderator', {
      grants: { moderate: ['acme/*', 'lobby'] },
    });
    admin = await service.client('admin', { isAdmin: true });
  });
  afterAll(() => service.stop());

  const connect = (userId: string, ...channelIds: readonly string[]): Promise<WatchedUser> =>
    connectWatched(service, admin, userId, ...channelIds);

  function join(client: Client, { sessionId }: OpenSession, channelId: string) {
    return client.joinChannel({ sessionId, channelId, keepOthers: true });
  }

  it.each(['acme/stage', 'lobby'])(
    'mutes a user who is in %s, apart from the own mute state',
    async (channelId) => {
      const userId = `ann in ${channelId}`;
      const { watcher, client, sessionId } = await connect(userId, channelId);
      const { presence } = await moderator.muteUser({ userId, isMicrophoneMuted: true });
      expect(presence).toMatchObject({
        isMicrophoneMuted: false,
        isMicrophoneMutedByModerator: true,
        isSpeakerMutedByModerator: false,
      });
      await moderator.muteUser({ userId, isSpeakerMuted: true });
      await client.updateMuteState({ sessionId, isMicrophoneMuted: true });
      await moderator.muteUser({ userId, isMicrophoneMuted: false, isSpeakerMuted: false });
      const events = await watcher.nextEvents(4);
      expect(events.map(inWords)).toEqual([
        'userMuteStateChanged MODERATED',
        'userMuteStateChanged MODERATED',
        'userMuteStateChanged REQUESTED',
        'userMuteStateChanged MODERATED',
      ]);
      expect(events.map(({ change }) => change?.value)).toEqual([
        mutes(false, false, false, false),
        mutes(false, false, true, false),
        mutes(false, false, true, true),
        mutes(true, false, true, true),
      ]);
      expect(events[0]?.presence).toEqual(presence);
      expect(events[3]?.presence).toMatchObject({
        isMicrophoneMuted: true,
        isMicrophoneMutedByModerator: false,
        isSpeakerMutedByModerator: false,
      });
    },
  );

  it('does not announce a mute that was set already', async () => {
    const { watcher } = await connect('ben', 'lobby');
    const first = await moderator.muteUser({ userId: 'ben', isSpeakerMuted: true });
    const again = await moderator.muteUser({ userId: 'ben', isSpeakerMuted: true });
    expect(again.presence).toEqual(first.presence);
    await moderator.removeUser({ userId: 'ben', channelId: 'lobby' });
    expect((await watcher.nextEvents(2)).map(inWords)).toEqual([
      'userMuteStateChanged MODERATED',
      'userChannelChanged MODERATED',
    ]);
  });

  it('cannot be evaded: no command, device, channel or reconnect lifts a mute', async () => {
    const { client, sessionId, stream, watcher } = await connect('cid', 'lobby');
    await moderator.muteUser({ userId: 'cid', isMicrophoneMuted: true });
    const isMuted = async (): Promise<boolean> => {
      const { presence } = await admin.getPresence({ userId: 'cid' });
      return presence!.isMicrophoneMutedByModerator;
    };
    await client.updateMuteState({ sessionId, isMicrophoneMuted: true });
    await client.updateMuteState({ sessionId, isMicrophoneMuted: false });
    await client.leaveChannel({ sessionId });
    expect(await isMuted()).toBe(true);
    await client.joinChannel({ sessionId, channelId: 'elsewhere' });
    expect(await isMuted()).toBe(true);
    const other = await client.connect({ isMicrophoneMuted: false });
    await client.joinChannel({ sessionId: other.sessionId, channelId: 'lobby' });
    expect(await isMuted()).toBe(true);
    await client.updateStatus({ sessionId, choice: INVISIBLE });
    await client.updateStatus({ sessionId, choice: AUTOMATIC });
    expect(await isMuted()).toBe(true);
    await client.endSession({ sessionId });
    await client.endSession({ sessionId: other.sessionId });
    await stream.ended;
    await watcher.until(({ events }) =>
      events.some(({ change }) => change?.$case === 'userOffline'),
    );
    const back = await client.connect({
      isMicrophoneMuted: false,
      choices: {
        status: undefined,
        microphone: { version: service.clock.now() * 1000 + 1_000_000, isMuted: false },
        speaker: undefined,
        channel: undefined,
      },
    });
    expect(back.started.presence?.isMicrophoneMutedByModerator).toBe(true);
    expect(await isMuted()).toBe(true);
    await client.joinChannel({ sessionId: back.sessionId, channelId: 'lobby' });
    await moderator.muteUser({ userId: 'cid', isMicrophoneMuted: false });
    expect(await isMuted()).toBe(false);
  });

  it('moves a user on the sessions that are in the channel, and in no other', async () => {
    const { client, watcher, ...first } = await connect('dee', 'acme/1', 'private');
    const other = await client.connect();
    await join(client, other, 'acme/1');
    const third = await client.connect();
    const { presence } = await moderator.moveUser({
      userId: 'dee',
      fromChannelId: 'acme/1',
      toChannelId: 'acme/2',
    });
    expect(presence?.channelIds).toEqual(['acme/2', 'private']);
    const [moved] = (await watcher.nextEvents(2)).slice(1);
    expect(inWords(moved!)).toBe('userChannelChanged MODERATED');
    expect(moved!.change?.value).toMatchObject({
      joinedChannelIds: ['acme/2'],
      leftChannelIds: ['acme/1'],
    });
    const { sessions } = await client.listSessions();
    expect(new Map(sessions.map((each) => [each.sessionId, each.channelIds]))).toEqual(
      new Map([
        [first.sessionId, ['acme/2', 'private']],
        [other.sessionId, ['acme/2']],
        [third.sessionId, []],
      ]),
    );
  });

  it('removes a user from a channel on every session; the user may join again', async () => {
    const { client, watcher, ...first } = await connect('eva', 'private', 'acme/1');
    const other = await client.connect();
    await join(client, other, 'acme/1');
    const { presence } = await moderator.removeUser({ userId: 'eva', channelId: 'acme/1' });
    expect(presence).toMatchObject({ channelIds: ['private'], currentChannelId: 'private' });
    const again = await join(client, first, 'acme/1');
    expect(again.presence?.channelIds).toEqual(['acme/1', 'private']);
    const events = await watcher.nextEvents(2);
    expect(events.map(inWords)).toEqual([
      'userChannelChanged MODERATED',
      'userChannelChanged REQUESTED',
    ]);
  });

  it('is no activity of the user', async () => {
    const { watcher } = await connect('fay', 'lobby');
    await service.passTime(299_999);
    await moderator.muteUser({ userId: 'fay', isMicrophoneMuted: true });
    await service.passTime(1);
    const events = await watcher.nextEvents(2);
    expect(events.map(inWords)).toEqual([
      'userMuteStateChanged MODERATED',
      'userStatusChanged IDLE',
    ]);
  });

  it('sends Choices to the client of the user, also if there is no other one', async () => {
    const { stream } = await connect('gus', 'acme/1', 'acme/2');
    await moderator.moveUser({ userId: 'gus', fromChannelId: 'acme/1', toChannelId: 'acme/3' });
    const { body } = await stream.next();
    expect(body).toMatchObject({
      $case: 'choices',
      value: {
        channel: {
          channels: [
            { channelId: 'acme/2', isHeld: true },
            { channelId: 'acme/3', isHeld: true },
          ],
        },
      },
    });
    await moderator.removeUser({ userId: 'gus', channelId: 'acme/3' });
    expect((await stream.next()).body).toMatchObject({
      value: { channel: { channels: [{ channelId: 'acme/2', isHeld: true }] } },
    });
  });

  it('cannot be undone by a client that remembers its channels from before', async () => {
    const { client, sessionId, stream } = await connect('hal', 'private');
    const { choices } = await join(client, { sessionId } as OpenSession, 'acme/1');
    await moderator.removeUser({ userId: 'hal', channelId: 'acme/1' });
    stream.cancel();
    const { started } = await client.connect({ previousSessionId: sessionId, choices });
    expect(started.presence?.channelIds).toEqual(['private']);
  });
});

/** The states before a change: of the user, and of moderators. */
function mutes(
  wasMicrophoneMuted: boolean,
  wasSpeakerMuted: boolean,
  wasMicrophoneMutedByModerator: boolean,
  wasSpeakerMutedByModerator: boolean,
) {
  return {
    wasMicrophoneMuted,
    wasSpeakerMuted,
    wasMicrophoneMutedByModerator,
    wasSpeakerMutedByModerator,
  };
}
