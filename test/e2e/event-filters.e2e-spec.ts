import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  PresenceEventKind,
  type PresenceEvent,
  type SubscribeRequest,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { Service } from '../support/service.js';

const {
  PRESENCE_EVENT_KIND_USER_ONLINE: USER_ONLINE,
  PRESENCE_EVENT_KIND_USER_OFFLINE: USER_OFFLINE,
  PRESENCE_EVENT_KIND_USER_STATUS_CHANGED: USER_STATUS_CHANGED,
  PRESENCE_EVENT_KIND_USER_CHANNEL_CHANGED: USER_CHANNEL_CHANGED,
  PRESENCE_EVENT_KIND_USER_MUTE_STATE_CHANGED: USER_MUTE_STATE_CHANGED,
  PRESENCE_EVENT_KIND_USER_CONNECTION_CHANGED: USER_CONNECTION_CHANGED,
} = PresenceEventKind;

describe('A subscription with a filter', () => {
  let service: Service;
  beforeAll(async () => {
    service = await Service.start({ MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '1000' });
  });
  afterAll(() => service.stop());

  /** Subscribes and reads up to SYNC_CURRENT. */
  async function watch(filter: Partial<SubscribeRequest>) {
    const stream = (await service.client('watcher')).subscribe(filter);
    const { snapshot } = await stream.beginning();
    return { stream, snapshot: snapshot.map(({ userId }) => userId) };
  }

  async function present(userId: string) {
    const client = await service.client(userId);
    const { sessionId, stream } = await client.connect();
    return {
      join: (channelId: string) => client.joinChannel({ sessionId, channelId }),
      leave: () => client.leaveChannel({ sessionId }),
      mute: (isMicrophoneMuted: boolean) =>
        client.updateMuteState({ sessionId, isMicrophoneMuted }),
      say: (statusText: string) =>
        client.updateStatus({
          sessionId,
          choice: StatusChoice.STATUS_CHOICE_AUTOMATIC,
          statusText,
        }),
      go: async () => {
        await client.endSession({ sessionId });
        await stream.ended;
      },
      client,
    };
  }

  function brief({ presence, change }: PresenceEvent): string {
    return `${presence?.userId} ${change?.$case} ${presence?.currentChannelId ?? '-'}`;
  }

  describe('of users', () => {
    it('shows these users only', async () => {
      const [ann, bob] = [await present('u-ann'), await present('u-bob')];
      const { stream, snapshot } = await watch({ userIds: ['u-ann'] });
      expect(snapshot).toEqual(['u-ann']);
      await bob.join('room');
      await ann.join('room');
      await bob.mute(true);
      await ann.mute(true);
      const events = await stream.nextEvents(2);
      expect(events.map(brief)).toEqual([
        'u-ann userChannelChanged room',
        'u-ann userMuteStateChanged room',
      ]);
    });

    it('shows a user named twice once', async () => {
      const { stream, snapshot } = await watch({ userIds: ['u-twice', 'u-twice'] });
      expect(snapshot).toEqual(['u-twice']);
      await (await present('u-twice')).join('room');
      expect((await stream.nextEvents(2)).map(brief)).toEqual([
        'u-twice userOnline -',
        'u-twice userChannelChanged room',
      ]);
    });
  });

  describe('of channels', () => {
    it('shows the users in the channels, and their changes', async () => {
      const [ann, bob] = [await present('c-ann'), await present('c-bob')];
      await ann.join('c-1');
      await bob.join('c-other');
      const { stream, snapshot } = await watch({ channelIds: ['c-1', 'c-2'] });
      expect(snapshot).toEqual(['c-ann']);
      await bob.mute(true);
      await ann.mute(true);
      await ann.say('hello');
      await bob.join('c-2');
      await bob.mute(false);
      expect((await stream.nextEvents(4)).map(brief)).toEqual([
        'c-ann userMuteStateChanged c-1',
        'c-ann userStatusChanged c-1',
        'c-bob userChannelChanged c-2',
        'c-bob userMuteStateChanged c-2',
      ]);
    });

    it('shows that a user leaves, and no later change of that user', async () => {
      const [mover, leaver, goer, last] = await Promise.all(
        ['l-mover', 'l-leaver', 'l-goer', 'l-last'].map(present),
      );
      for (const user of [mover, leaver, goer, last]) await user!.join('l-1');
      const { stream } = await watch({ channelIds: ['l-1'] });
      await mover!.join('l-elsewhere');
      await mover!.mute(true);
      await leaver!.leave();
      await leaver!.mute(true);
      await goer!.go();
      await present('l-goer');
      await last!.mute(true);
      expect((await stream.nextEvents(5)).map(brief)).toEqual([
        'l-mover userChannelChanged l-elsewhere',
        'l-leaver userChannelChanged -',
        'l-goer userChannelChanged -',
        'l-goer userOffline -',
        'l-last userMuteStateChanged l-1',
      ]);
    });

    it('shows a move from one of its channels to another once', async () => {
      const ann = await present('m-ann');
      await ann.join('m-1');
      const { stream } = await watch({ channelIds: ['m-1', 'm-2'] });
      await ann.join('m-2');
      await ann.mute(true);
      expect((await stream.nextEvents(2)).map(brief)).toEqual([
        'm-ann userChannelChanged m-2',
        'm-ann userMuteStateChanged m-2',
      ]);
    });
  });

  describe('of users and channels', () => {
    it('shows the named users and the users in the channels, once if both match', async () => {
      const [ann, bob, cat] = await Promise.all(['uc-ann', 'uc-bob', 'uc-cat'].map(present));
      await ann!.join('uc-1');
      await bob!.join('uc-1');
      const filter = { userIds: ['uc-ann', 'uc-cat'], channelIds: ['uc-1'] };
      const { stream, snapshot } = await watch(filter);
      expect(snapshot.sort()).toEqual(['uc-ann', 'uc-bob', 'uc-cat']);
      await ann!.mute(true);
      await bob!.join('uc-2');
      await bob!.mute(true);
      await cat!.mute(true);
      expect((await stream.nextEvents(3)).map(brief)).toEqual([
        'uc-ann userMuteStateChanged uc-1',
        'uc-bob userChannelChanged uc-2',
        'uc-cat userMuteStateChanged -',
      ]);
    });
  });

  describe('of kinds', () => {
    /** Causes every kind of change once. */
    async function live(userId: string): Promise<void> {
      const user = await present(userId);
      await user.say('hello');
      await user.join(`${userId} room`);
      await user.mute(true);
      const second = await (await service.client(userId)).connect({ platform: 'mobile' });
      await user.client.endSession(second);
      await user.leave();
      await user.go();
    }

    it.each([
      [USER_ONLINE, ['userOnline']],
      [USER_OFFLINE, ['userOffline']],
      [USER_STATUS_CHANGED, ['userStatusChanged']],
      [USER_CHANNEL_CHANGED, ['userChannelChanged', 'userChannelChanged']],
      [USER_MUTE_STATE_CHANGED, ['userMuteStateChanged']],
      [USER_CONNECTION_CHANGED, ['userConnectionChanged', 'userConnectionChanged']],
    ])('shows only those: %i', async (kind, cases) => {
      const userId = `k-${kind}`;
      const [ofUser, ofAll] = [
        await watch({ kinds: [kind], userIds: [userId, `${userId} end`] }),
        await watch({ kinds: [kind] }),
      ];
      await live(userId);
      await live(`${userId} end`);
      for (const { stream } of [ofUser, ofAll]) {
        const events = await stream.nextEvents(2 * cases.length);
        expect(events.map(({ change }) => change?.$case)).toEqual([...cases, ...cases]);
        stream.cancel();
      }
    });

    it('shows several kinds in commit order, of the users and channels it names', async () => {
      const filter = { kinds: [USER_OFFLINE, USER_MUTE_STATE_CHANGED], channelIds: ['ks room'] };
      const { stream } = await watch(filter);
      const [ann, bob] = [await present('ks-ann'), await present('ks-bob')];
      await bob.mute(true);
      await ann.join('ks room');
      await ann.mute(true);
      await bob.go();
      await ann.go();
      expect((await stream.nextEvents(2)).map(brief)).toEqual([
        'ks-ann userMuteStateChanged ks room',
        'ks-ann userOffline -',
      ]);
    });

    it('begins with the complete snapshot all the same', async () => {
      await present('kw-ann');
      const { snapshot } = await watch({ kinds: [USER_OFFLINE], userIds: ['kw-ann'] });
      expect(snapshot).toEqual(['kw-ann']);
    });
  });
});
