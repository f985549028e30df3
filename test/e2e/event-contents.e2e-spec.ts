import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { channelChange, muteChange } from '../support/changes.js';
import {
  ChangeReason,
  type PresenceEvent,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import { PresenceStatus } from '../../src/api/generated/presence/v1/presence.pb.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Client } from '../support/client.js';
import { Link } from '../support/link.js';
import { OVER_HTTP } from '../support/nodes.js';
import { Service, tokenOf } from '../support/service.js';
import { connectUser, watch } from '../support/watched-user.js';

const { PRESENCE_STATUS_ONLINE: ONLINE, PRESENCE_STATUS_OFFLINE: OFFLINE } = PresenceStatus;

describe('Subscribe', () => {
  let service: Service;
  let watching: Client;
  beforeAll(async () => {
    service = await Service.start({ IDLE_TIMEOUT_MS: '60000' });
    watching = await service.client('watcher');
  });
  afterAll(() => service.stop());

  describe('has the kind of change, the previous value and the reason', () => {
    const ids = { watched: 0 };

    /**
     * Returns the events that `act` causes for a user, who has a session in the channel `before`.
     */
    async function eventsOf(
      count: number,
      act: (user: {
        readonly client: Client;
        readonly sessionId: string;
        readonly userId: string;
      }) => unknown,
    ) {
      const userId = `watched ${ids.watched++}`;
      const user = { userId, ...(await connectUser(service, userId, 'before')) };
      const watcher = await watch(watching, userId);
      await act(user);
      const events = (await watcher.nextEvents(count)).map(toldBy);
      watcher.cancel();
      return events;
    }

    function toldBy({ change, reason }: PresenceEvent) {
      return [change?.$case, change?.value, ChangeReason[reason]];
    }

    it('when a user comes online', async () => {
      const watcher = await watch(watching, 'comer');
      const { started } = await connectUser(service, 'comer');
      const event = await watcher.nextEvent();
      expect(toldBy(event)).toEqual(['userOnline', {}, 'CHANGE_REASON_CONNECTED']);
      expect(event.presence).toEqual(started.presence);
    });

    it('when the stream is ended: first the channel, then the user, in one commit', async () => {
      const { stream } = await connectUser(service, 'leaver', 'before');
      const watcher = await watch(watching, 'leaver');
      stream.cancel();
      const events = await watcher.nextEvents(2);
      expect(events.map(toldBy)).toEqual([
        ['userChannelChanged', channelChange('before', undefined), 'CHANGE_REASON_DISCONNECTED'],
        ['userOffline', {}, 'CHANGE_REASON_DISCONNECTED'],
      ]);
      expect(events[0]?.presence).toEqual(events[1]?.presence);
      expect(events[0]?.presence).toMatchObject({ status: OFFLINE, platforms: [] });
      expect(events[0]?.presence?.currentChannelId).toBeUndefined();
    });

    // Over HTTP a session is lost when its heartbeats stop.
    it.skipIf(OVER_HTTP)('when the connection is lost', async () => {
      const link = await Link.to(service.addresses());
      const client = service.clientWithToken(await tokenOf('lost'), link.addresses);
      const { sessionId } = await client.connect();
      await client.joinChannel({ sessionId, channelId: 'before' });
      const watcher = await watch(watching, 'lost');
      link.cut();
      expect((await watcher.nextEvents(2)).map(toldBy)).toEqual([
        ['userChannelChanged', channelChange('before', undefined), 'CHANGE_REASON_CONNECTION_LOST'],
        ['userOffline', {}, 'CHANGE_REASON_CONNECTION_LOST'],
      ]);
      link.close();
    });

    it('when the session is ended by EndSession', async () => {
      const told = await eventsOf(2, ({ client, sessionId }) => client.endSession({ sessionId }));
      expect(told).toEqual([
        ['userChannelChanged', channelChange('before', undefined), 'CHANGE_REASON_SESSION_ENDED'],
        ['userOffline', {}, 'CHANGE_REASON_SESSION_ENDED'],
      ]);
    });

    it('when the token of the session expires', async () => {
      // The issuer of the token uses the real time, but earlier tests may have advanced the service
      // clock by any amount.
      await service.passTime(Math.max(0, Date.now() - service.clock.now()));
      const userId = 'expiring';
      const client = service.clientWithToken(await tokenOf(userId, { ttlSeconds: 30 }));
      await client.connect();
      const watcher = await watch(watching, userId);
      // Longer than the remaining validity of the token, after the time that this test has
      // advanced.
      await service.passTime(50_000);
      expect(toldBy(await watcher.nextEvent())).toEqual([
        'userOffline',
        {},
        'CHANGE_REASON_TOKEN_EXPIRED',
      ]);
    });

    it('when a user moves, and when a user leaves the channel', async () => {
      const told = await eventsOf(2, async ({ client, sessionId }) => {
        await client.joinChannel({ sessionId, channelId: 'after' });
        await client.leaveChannel({ sessionId });
      });
      expect(told).toEqual([
        ['userChannelChanged', channelChange('before', 'after'), 'CHANGE_REASON_REQUESTED'],
        ['userChannelChanged', channelChange('after', undefined), 'CHANGE_REASON_REQUESTED'],
      ]);
    });

    it('when a mute state changes', async () => {
      const told = await eventsOf(2, async ({ client, sessionId }) => {
        await client.updateMuteState({ sessionId, isMicrophoneMuted: true });
        await client.updateMuteState({ sessionId, isMicrophoneMuted: false, isSpeakerMuted: true });
      });
      expect(told).toEqual([
        ['userMuteStateChanged', muteChange(), 'CHANGE_REASON_REQUESTED'],
        ['userMuteStateChanged', muteChange({ microphone: true }), 'CHANGE_REASON_REQUESTED'],
      ]);
    });

    it('when a status is set, and when it expires', async () => {
      const told = await eventsOf(2, async ({ client, sessionId }) => {
        await client.updateStatus({
          sessionId,
          choice: StatusChoice.STATUS_CHOICE_DO_NOT_DISTURB,
          expiresAt: { seconds: Math.floor(service.clock.now() / 1000) + 10, nanos: 0 },
        });
        await service.passTime(10_000);
      });
      expect(told).toEqual([
        ['userStatusChanged', { previousStatus: ONLINE }, 'CHANGE_REASON_REQUESTED'],
        [
          'userStatusChanged',
          { previousStatus: PresenceStatus.PRESENCE_STATUS_DO_NOT_DISTURB },
          'CHANGE_REASON_STATUS_EXPIRED',
        ],
      ]);
    });

    it('when a user turns idle and active again', async () => {
      const told = await eventsOf(2, async ({ client, sessionId }) => {
        await service.passTime(60_000);
        await client.recordActivity({ target: { $case: 'sessionId', value: sessionId } });
      });
      expect(told).toEqual([
        ['userStatusChanged', { previousStatus: ONLINE }, 'CHANGE_REASON_IDLE'],
        [
          'userStatusChanged',
          { previousStatus: PresenceStatus.PRESENCE_STATUS_IDLE },
          'CHANGE_REASON_ACTIVE',
        ],
      ]);
    });

    it('when a session begins and ends beside another', async () => {
      const told = await eventsOf(2, async ({ userId }) => {
        const second = await (await service.client(userId)).connect({ platform: 'mobile' });
        second.stream.cancel();
      });
      expect(told).toEqual([
        ['userConnectionChanged', {}, 'CHANGE_REASON_CONNECTED'],
        ['userConnectionChanged', {}, 'CHANGE_REASON_DISCONNECTED'],
      ]);
    });

    it('when one call changes several things: UserOnline before anything else', async () => {
      const watcher = await watch(watching, 'loud');
      await (await service.client('loud')).connect({ isMicrophoneMuted: true });
      const events = await watcher.nextEvents(2);
      expect(events.map(({ change }) => change?.$case)).toEqual([
        'userOnline',
        'userMuteStateChanged',
      ]);
      expect(events[0]?.presence).toEqual(events[1]?.presence);
    });

    it('when a user becomes invisible and visible again, as for a disconnect and a connect', async () => {
      const told = await eventsOf(4, async ({ client, sessionId }) => {
        const { STATUS_CHOICE_INVISIBLE, STATUS_CHOICE_AUTOMATIC } = StatusChoice;
        await client.updateStatus({ sessionId, choice: STATUS_CHOICE_INVISIBLE });
        await client.updateStatus({ sessionId, choice: STATUS_CHOICE_AUTOMATIC });
      });
      expect(told).toEqual([
        ['userChannelChanged', channelChange('before', undefined), 'CHANGE_REASON_DISCONNECTED'],
        ['userOffline', {}, 'CHANGE_REASON_DISCONNECTED'],
        ['userOnline', {}, 'CHANGE_REASON_CONNECTED'],
        ['userChannelChanged', channelChange(undefined, 'before'), 'CHANGE_REASON_CONNECTED'],
      ]);
    });
  });
});
