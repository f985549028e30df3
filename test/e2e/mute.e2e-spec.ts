import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { muteChange } from '../support/changes.js';
import type { Client, OpenSession } from '../support/client.js';
import { inWords } from '../support/in-words.js';
import { Service } from '../support/service.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';

describe('The mute state', () => {
  let service: Service;
  let reader: Client;
  beforeAll(async () => {
    service = await Service.start();
    reader = await service.client('reader');
  });
  afterAll(() => service.stop());

  async function connect(
    userId: string,
  ): Promise<OpenSession & { readonly client: Client; readonly watcher: SubscriptionReader }> {
    const client = await service.client(userId);
    const session = await client.connect();
    const watcher = reader.subscribe({ userIds: [userId] });
    await watcher.beginning();
    return { client, watcher, ...session };
  }

  async function muteOf(userId: string) {
    const { presence } = await reader.getPresence({ userId });
    return [presence?.isMicrophoneMuted, presence?.isSpeakerMuted];
  }

  it('is set for microphone and speaker independently; an absent state is unchanged', async () => {
    const { client, sessionId, watcher } = await connect('ann');
    await client.updateMuteState({ sessionId, isMicrophoneMuted: true });
    expect(await muteOf('ann')).toEqual([true, false]);
    await client.updateMuteState({ sessionId, isSpeakerMuted: true });
    expect(await muteOf('ann')).toEqual([true, true]);
    await client.updateMuteState({ sessionId, isMicrophoneMuted: false });
    expect(await muteOf('ann')).toEqual([false, true]);
    const { presence } = await client.updateMuteState({
      sessionId,
      isMicrophoneMuted: true,
      isSpeakerMuted: false,
    });
    const events = await watcher.nextEvents(4);
    expect(new Set(events.map(inWords))).toEqual(new Set(['userMuteStateChanged REQUESTED']));
    expect(events[3]?.presence).toEqual(presence);
    const versions = events.map((event) => event.presence!.version);
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    expect(events.map(({ change }) => change?.value)).toEqual([
      muteChange(),
      muteChange({ microphone: true }),
      muteChange({ microphone: true, speaker: true }),
      muteChange({ speaker: true }),
    ]);
  });

  it('is not announced if it does not change', async () => {
    const { client, sessionId, watcher } = await connect('ben');
    const { presence } = await client.updateMuteState({ sessionId, isSpeakerMuted: true });
    const again = await client.updateMuteState({ sessionId, isSpeakerMuted: true });
    expect(again.presence).toEqual(presence);
    await client.joinChannel({ sessionId, channelId: 'c' });
    const events = await watcher.nextEvents(2);
    expect(events.map(inWords)).toEqual([
      'userMuteStateChanged REQUESTED',
      'userChannelChanged REQUESTED',
    ]);
  });

  it('is kept while the user moves between channels', async () => {
    const { client, sessionId } = await connect('cora');
    const muted = { isMicrophoneMuted: true, isSpeakerMuted: true };
    await client.updateMuteState({ sessionId, ...muted });
    for (const channelId of ['a', 'b']) {
      const { presence } = await client.joinChannel({ sessionId, channelId });
      expect(presence).toMatchObject(muted);
    }
    const { presence } = await client.leaveChannel({ sessionId });
    expect(presence).toMatchObject(muted);
  });

  it('is the user’s, whichever session sets it', async () => {
    const { client, sessionId, stream, watcher } = await connect('dan');
    const other = await client.connect({ platform: 'web' });
    await client.updateMuteState({ sessionId, isMicrophoneMuted: true });
    stream.cancel();
    await watcher.nextEvents(3);
    await client.updateMuteState({ sessionId: other.sessionId, isSpeakerMuted: true });
    expect(await muteOf('dan')).toEqual([true, true]);
  });

  it('may be set with Connect; an absent state is unchanged', async () => {
    const { client, sessionId, stream, watcher } = await connect('eva');
    await client.updateMuteState({ sessionId, isMicrophoneMuted: true });
    stream.cancel();
    await watcher.nextEvents(2);
    expect(await muteOf('eva')).toEqual([true, false]);

    const second = await client.connect({ isSpeakerMuted: true });
    expect(second.started.presence).toMatchObject({
      isMicrophoneMuted: true,
      isSpeakerMuted: true,
    });
    const online = await watcher.nextEvents(2);
    expect(online.map(inWords)).toEqual(['userOnline CONNECTED', 'userMuteStateChanged CONNECTED']);

    const third = await client.connect({ isMicrophoneMuted: false, isSpeakerMuted: false });
    expect(third.started.presence).toMatchObject({
      isMicrophoneMuted: false,
      isSpeakerMuted: false,
    });
    expect(inWords(await watcher.nextEvent())).toBe('userMuteStateChanged CONNECTED');
  });
});
