import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionRegistry } from '../../src/session/session-registry.js';
import type { Client, OpenSession } from '../support/client.js';
import { inWords, statusOf } from '../support/in-words.js';
import { Service } from '../support/service.js';

const TIMEOUT_MS = 15_000;
const INTERVAL_MS = 20_000;

describe('Heartbeats', () => {
  let service: Service;
  let reader: Client;
  beforeAll(async () => {
    service = await Service.start({
      HEARTBEAT_TIMEOUT_MS: `${TIMEOUT_MS}`,
      STREAM_HEARTBEAT_INTERVAL_MS: `${INTERVAL_MS}`,
    });
    reader = await service.client('reader');
  });
  afterAll(() => service.stop());

  async function connect(userId: string): Promise<OpenSession & { readonly client: Client }> {
    const client = await service.client(userId);
    return { client, ...(await client.connect({ requireHeartbeats: true })) };
  }

  async function statusNow(userId: string): Promise<string> {
    return statusOf((await reader.getPresence({ userId })).presence);
  }

  describe('from a client that promised them', () => {
    it('are due within the time that session_started announces', async () => {
      const { started } = await connect('ann');
      expect(started.heartbeatTimeoutMs).toBe(TIMEOUT_MS);
    });

    it('end its session with UNAVAILABLE when they are missing, and its user becomes OFFLINE', async () => {
      const watcher = reader.subscribe({ userIds: ['bea'] });
      await watcher.beginning();
      const { client, sessionId, stream } = await connect('bea');
      await service.passTime(TIMEOUT_MS - 1);
      expect(await statusNow('bea')).toBe('ONLINE');
      await service.passTime(1);
      expect(await stream.ended).toMatchObject({
        code: status.UNAVAILABLE,
        details: 'no heartbeat arrived in time; connect again',
      });
      const events = await watcher.nextEvents(2);
      expect(events.map(inWords)).toEqual(['userOnline CONNECTED', 'userOffline CONNECTION_LOST']);
      await expect(client.heartbeat({ sessionId })).rejects.toMatchObject({
        code: status.NOT_FOUND,
      });
    });

    it('keep its session for while they come', async () => {
      const { client, sessionId } = await connect('cleo');
      for (let i = 0; i < 4; i++) {
        await service.passTime(TIMEOUT_MS - 1);
        await client.heartbeat({ sessionId });
      }
      expect(await statusNow('cleo')).toBe('ONLINE');
      await service.passTime(TIMEOUT_MS);
      expect(await statusNow('cleo')).toBe('OFFLINE');
    });

    it.each<[string, (client: Client, sessionId: string) => Promise<unknown>]>([
      [
        'RecordActivity',
        (client, value) => client.recordActivity({ target: { $case: 'sessionId', value } }),
      ],
      ['JoinChannel', (client, sessionId) => client.joinChannel({ sessionId, channelId: 'c' })],
      ['LeaveChannel', (client, sessionId) => client.leaveChannel({ sessionId })],
      [
        'UpdateMuteState',
        (client, sessionId) => client.updateMuteState({ sessionId, isSpeakerMuted: true }),
      ],
      ['UpdateStatus', (client, sessionId) => client.updateStatus({ sessionId, choice: 1 })],
    ])('may be replaced by %s', async (rpc, act) => {
      const { client, sessionId } = await connect(rpc);
      await service.passTime(TIMEOUT_MS - 1);
      await act(client, sessionId);
      await service.passTime(TIMEOUT_MS - 1);
      expect(await statusNow(rpc)).toBe('ONLINE');
      await service.passTime(1);
      expect(await statusNow(rpc)).toBe('OFFLINE');
    });

    it('are not replaced by reading', async () => {
      const { client, stream } = await connect('dana');
      await service.passTime(TIMEOUT_MS - 1);
      await client.listSessions();
      await client.getPresence({ userId: 'dana' });
      await service.passTime(1);
      expect((await stream.ended).code).toBe(status.UNAVAILABLE);
    });

    it('count for one session and not for the others of the user', async () => {
      const { client, sessionId, stream } = await connect('eve');
      const other = await client.connect({ requireHeartbeats: true });
      await service.passTime(TIMEOUT_MS - 1);
      await client.heartbeat({ sessionId: other.sessionId });
      await service.passTime(1);
      expect((await stream.ended).code).toBe(status.UNAVAILABLE);
      const { sessions } = await client.listSessions();
      expect(sessions.map((session) => session.sessionId)).toEqual([other.sessionId]);
      expect(sessionId).not.toBe(other.sessionId);
    });

    it('are not missed in time in which the server could not listen, and in as much after it', async () => {
      const { client, sessionId } = await connect('gil');
      const absenceMs = TIMEOUT_MS / 3;
      await service.passTime(TIMEOUT_MS - 1);
      service.clock.pause(absenceMs);
      await service.passTime(absenceMs);
      expect(await statusNow('gil')).toBe('ONLINE');
      await client.heartbeat({ sessionId });
      await service.passTime(TIMEOUT_MS - 1);
      expect(await statusNow('gil')).toBe('ONLINE');
      await service.passTime(1);
      expect(await statusNow('gil')).toBe('OFFLINE');
    });

    it.each([-3_600_000, 3_600_000])(
      'are missed after the timeout, and no sooner, when the wall clock is set by %i ms',
      async (stepMs) => {
        const userId = `set by ${stepMs}`;
        await connect(userId);
        service.clock.setWall(stepMs);
        await service.passTime(TIMEOUT_MS - 1);
        expect(await statusNow(userId)).toBe('ONLINE');
        await service.passTime(1);
        expect(await statusNow(userId)).toBe('OFFLINE');
        service.clock.setWall(-stepMs);
      },
    );

    it('are no activity', async () => {
      const { client, sessionId } = await connect('fay');
      const before = await reader.getPresence({ userId: 'fay' });
      await service.passTime(1000);
      await client.heartbeat({ sessionId });
      expect(await reader.getPresence({ userId: 'fay' })).toEqual(before);
    });
  });

  describe('from a client that promised none', () => {
    it('are not missed', async () => {
      await (await service.client('gus')).connect();
      await service.passTime(3 * TIMEOUT_MS);
      expect(await statusNow('gus')).toBe('ONLINE');
    });

    it('are accepted, and make none due', async () => {
      const client = await service.client('hal');
      const { sessionId } = await client.connect();
      expect(await client.heartbeat({ sessionId })).toEqual({});
      await service.passTime(3 * TIMEOUT_MS);
      expect(await statusNow('hal')).toBe('ONLINE');
    });
  });

  describe('to a client', () => {
    it('come on a Connect stream that has been quiet for the interval, and not before', async () => {
      const client = await service.client('ida');
      const { stream } = await client.connect();
      const look = async (ms: number): Promise<unknown[]> => {
        await service.passTime(ms);
        // Messages that were sent on a connection before the response have arrived with it.
        await Promise.all(service.all(SessionRegistry).map(() => client.listSessions()));
        return stream.takeArrived();
      };
      expect(await look(INTERVAL_MS - 1)).toEqual([]);
      expect(await look(1)).toEqual([{ body: undefined }]);
      expect(await look(INTERVAL_MS - 1)).toEqual([]);
      expect(await look(1)).toEqual([{ body: undefined }]);
    });
  });
});
