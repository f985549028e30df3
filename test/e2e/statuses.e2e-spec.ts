import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Client } from '../support/client.js';
import { inWords, msOf, statusOf } from '../support/in-words.js';
import { presenceOf } from '../support/reads.js';
import { Service } from '../support/service.js';
import { connectWatched, type WatchedUser } from '../support/watched-user.js';

const IDLE_MS = 300_000;
const { STATUS_CHOICE_AUTOMATIC: AUTOMATIC, STATUS_CHOICE_AWAY: AWAY } = StatusChoice;

describe('The status of a user', () => {
  let service: Service;
  let reader: Client;
  beforeAll(async () => {
    service = await Service.start({
      IDLE_TIMEOUT_MS: `${IDLE_MS}`,
      MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '99',
    });
    reader = await service.client('reader', { isAdmin: true });
  });
  afterAll(() => service.stop());

  const connect = (userId: string): Promise<WatchedUser> => connectWatched(service, reader, userId);

  async function statusNow(userId: string): Promise<string> {
    return statusOf(await presenceOf(reader, userId));
  }

  it('is OFFLINE for an unknown user', async () => {
    const presence = await presenceOf(reader, 'stranger');
    expect(statusOf(presence)).toBe('OFFLINE');
    expect(presence).toEqual({
      userId: 'stranger',
      status: presence.status,
      isMicrophoneMuted: false,
      isSpeakerMuted: false,
      connectedAt: undefined,
      lastActiveAt: undefined,
      version: 0,
      statusText: '',
      platforms: [],
      channelIds: [],
      attributes: new Map(),
      isMicrophoneMutedByModerator: false,
      isSpeakerMutedByModerator: false,
    });
  });

  describe('with AUTOMATIC', () => {
    it('turns IDLE after the idle timeout and ONLINE with the next activity', async () => {
      const { client, sessionId, watcher } = await connect('ann');
      await service.passTime(IDLE_MS - 1);
      expect(await statusNow('ann')).toBe('ONLINE');
      await service.passTime(1);
      const idle = await watcher.nextEvent();
      expect(inWords(idle)).toBe('userStatusChanged IDLE');
      expect(statusOf(idle.presence)).toBe('IDLE');
      expect(msOf(idle.presence?.lastActiveAt)).toBe(service.clock.now() - IDLE_MS);

      await service.passTime(1000);
      const target = { $case: 'sessionId', value: sessionId } as const;
      const { presence } = await client.recordActivity({ target });
      const active = await watcher.nextEvent();
      expect(inWords(active)).toBe('userStatusChanged ACTIVE');
      expect(active.change).toEqual({
        $case: 'userStatusChanged',
        value: { previousStatus: idle.presence?.status },
      });
      expect(presence).toEqual(active.presence);
      expect(msOf(presence?.lastActiveAt)).toBe(service.clock.now());
    });

    it('stays ONLINE while any session is active', async () => {
      const { client, sessionId, watcher } = await connect('ben');
      const other = await client.connect();
      for (let i = 0; i < 3; i++) {
        await service.passTime(IDLE_MS - 1);
        const value = i % 2 === 0 ? sessionId : other.sessionId;
        await client.recordActivity({ target: { $case: 'sessionId', value } });
      }
      expect(await statusNow('ben')).toBe('ONLINE');
      await service.passTime(IDLE_MS);
      expect(inWords(await watcher.nextEvent())).toBe('userStatusChanged IDLE');
    });

    it('is ONLINE again when a new session begins, and IDLE without the active one', async () => {
      const { client, watcher } = await connect('cora');
      await service.passTime(IDLE_MS);
      const { stream, started } = await client.connect({ platform: 'web' });
      expect(statusOf(started.presence)).toBe('ONLINE');
      stream.cancel();
      const events = await watcher.nextEvents(5);
      expect(events.map(inWords)).toEqual([
        'userStatusChanged IDLE',
        'userStatusChanged CONNECTED',
        'userConnectionChanged CONNECTED',
        'userStatusChanged DISCONNECTED',
        'userConnectionChanged DISCONNECTED',
      ]);
      expect(statusOf(events[4]?.presence)).toBe('IDLE');
    });

    it.each<[string, (client: Client, sessionId: string) => Promise<unknown>]>([
      ['JoinChannel', (client, sessionId) => client.joinChannel({ sessionId, channelId: 'c' })],
      ['LeaveChannel', (client, sessionId) => client.leaveChannel({ sessionId })],
      [
        'UpdateMuteState',
        (client, sessionId) => client.updateMuteState({ sessionId, isMicrophoneMuted: false }),
      ],
      [
        'UpdateStatus',
        (client, sessionId) => client.updateStatus({ sessionId, choice: AUTOMATIC }),
      ],
    ])('counts %s as activity', async (rpc, act) => {
      const { client, sessionId, watcher } = await connect(rpc);
      await service.passTime(IDLE_MS);
      await act(client, sessionId);
      const events = await watcher.nextEvents(2);
      expect(events.map(inWords)).toEqual(['userStatusChanged IDLE', 'userStatusChanged ACTIVE']);
      expect(await statusNow(rpc)).toBe('ONLINE');
    });

    it('does not count reading and heartbeats as activity', async () => {
      const { client, sessionId } = await connect('dan');
      await service.passTime(IDLE_MS - 1);
      await client.heartbeat({ sessionId });
      await client.listSessions();
      await client.getPresence({ userId: 'dan' });
      await client.batchGetPresences({ userIds: ['dan'] });
      await client.listOnlineUsers();
      await client.listChannelMembers({ channelId: 'c' });
      await client.subscribe().beginning();
      await service.passTime(1);
      expect(await statusNow('dan')).toBe('IDLE');
    });

    it('is not announced again by activity that changes nothing', async () => {
      const { client, sessionId, watcher } = await connect('eva');
      for (let i = 0; i < 3; i++) {
        await service.passTime(1000);
        await client.recordActivity({ target: { $case: 'sessionId', value: sessionId } });
      }
      await client.updateMuteState({ sessionId, isSpeakerMuted: true });
      expect(inWords(await watcher.nextEvent())).toBe('userMuteStateChanged REQUESTED');
    });
  });

  describe('by an admin who saw activity', () => {
    it('is that of the most recently active session', async () => {
      const { client, sessionId } = await connect('fin');
      await service.passTime(10);
      const newer = await client.connect();
      await service.passTime(10);
      await client.recordActivity({ target: { $case: 'sessionId', value: sessionId } });
      await service.passTime(10);
      const { presence } = await reader.recordActivity({
        target: { $case: 'userId', value: 'fin' },
      });
      expect(presence).toEqual(await presenceOf(reader, 'fin'));
      const { sessions } = await client.listSessions();
      expect(sessions.map(({ lastActiveAt }) => msOf(lastActiveAt))).toEqual([
        service.clock.now(),
        msOf(newer.started.session?.lastActiveAt),
      ]);
    });

    it('turns IDLE back to ONLINE', async () => {
      const { watcher } = await connect('gil');
      await service.passTime(IDLE_MS);
      await reader.recordActivity({ target: { $case: 'userId', value: 'gil' } });
      const events = await watcher.nextEvents(2);
      expect(events.map(inWords)).toEqual(['userStatusChanged IDLE', 'userStatusChanged ACTIVE']);
    });

    it('is NOT_FOUND without a session', async () => {
      await expect(
        reader.recordActivity({ target: { $case: 'userId', value: 'nobody' } }),
      ).rejects.toMatchObject({
        code: status.NOT_FOUND,
        details: 'the user has no live session',
      });
    });

    it('is rejected without the admin scope, also for the own user', async () => {
      const { client } = await connect('hugo');
      for (const value of ['hugo', 'fin']) {
        const refused = client.recordActivity({ target: { $case: 'userId', value } });
        await expect(refused).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
      }
    });
  });

  it('has a version that grows with every change', async () => {
    const { client, sessionId, stream, started, watcher } = await connect('ria');
    await client.updateStatus({ sessionId, choice: AWAY });
    await client.joinChannel({ sessionId, channelId: 'c' });
    await client.updateMuteState({ sessionId, isMicrophoneMuted: true });
    stream.cancel();
    const events = await watcher.nextEvents(5);
    const versions = [started.presence, ...events.map(({ presence }) => presence)].map(
      (presence) => presence!.version,
    );
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    // The two events of the last commit have the same presence.
    expect(new Set(versions).size).toBe(versions.length - 1);
  });
});
