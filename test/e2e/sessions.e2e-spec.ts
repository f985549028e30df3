import { once } from 'node:events';
import { connect } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { inWords, msOf, statusOf } from '../support/in-words.js';
import { OVER_HTTP } from '../support/nodes.js';
import { presenceOf, sessionIdsOf } from '../support/reads.js';
import { Service, tokenOf } from '../support/service.js';
import { watch } from '../support/watched-user.js';
import { Witness } from '../support/witness.js';

const NO_ONE = { code: status.NOT_FOUND };

describe('Sessions', () => {
  let service: Service;
  let reader: Client;
  beforeAll(async () => {
    service = await Service.start({ MAX_SESSIONS_PER_USER: '3' });
    reader = await service.client('reader', { isAdmin: true });
  });
  afterAll(() => service.stop());

  describe('Connect', () => {
    it('begins with the session and the presence that it leads to', async () => {
      const client = await service.client('ada');
      const { started } = await client.connect({ platform: 'desktop', isMicrophoneMuted: true });
      const now = service.clock.now();
      expect(started.session).toMatchObject({ userId: 'ada', platform: 'desktop' });
      expect(started.session?.sessionId).not.toBe('');
      expect(msOf(started.session?.connectedAt)).toBe(now);
      expect(msOf(started.session?.lastActiveAt)).toBe(now);
      expect(started.presence).toMatchObject({
        userId: 'ada',
        platforms: ['desktop'],
        isMicrophoneMuted: true,
        isSpeakerMuted: false,
        statusText: '',
      });
      expect(statusOf(started.presence)).toBe('ONLINE');
      expect(msOf(started.presence?.connectedAt)).toBe(now);
      expect(started.heartbeatTimeoutMs > 0).toBe(OVER_HTTP);
      expect(await presenceOf(reader, 'ada')).toEqual(started.presence);
    });

    it('announces the first session of a user, and the end of the last', async () => {
      const watcher = await watch(reader, 'bob');
      const { stream } = await (await service.client('bob')).connect();
      const online = await watcher.nextEvent();
      expect(inWords(online)).toBe('userOnline CONNECTED');
      expect(msOf(online.occurredAt)).toBe(service.clock.now());
      stream.cancel();
      const offline = await watcher.nextEvent();
      expect(inWords(offline)).toBe('userOffline DISCONNECTED');
      expect(statusOf(offline.presence)).toBe('OFFLINE');
      expect(offline.presence).toMatchObject({ platforms: [], connectedAt: undefined });
      expect(offline.presence!.version).toBeGreaterThan(online.presence!.version);
      expect(await presenceOf(reader, 'bob')).toEqual(offline.presence);
      expect(await sessionIdsOf(reader, 'bob')).toEqual([]);
    });

    it('names the platform "unknown" when the client does not', async () => {
      const { started } = await (await service.client('carl')).connect();
      expect(started.session?.platform).toBe('unknown');
      expect(started.presence?.platforms).toEqual(['unknown']);
    });

    it('shows a user with several sessions once, with every platform and the oldest start', async () => {
      const client = await service.client('dora');
      const watcher = await watch(reader, 'dora');
      const first = await client.connect({ platform: 'web' });
      await service.passTime(10);
      const second = await client.connect({ platform: 'desktop' });
      await service.passTime(10);
      await client.connect({ platform: 'web' });

      const [online, changed] = await watcher.nextEvents(2);
      expect([online!, changed!].map(inWords)).toEqual([
        'userOnline CONNECTED',
        'userConnectionChanged CONNECTED',
      ]);
      expect(changed?.presence?.platforms).toEqual(['desktop', 'web']);
      expect(changed?.presence?.connectedAt).toEqual(first.started.session?.connectedAt);

      first.stream.cancel();
      const moved = await watcher.nextEvent();
      expect(inWords(moved)).toBe('userConnectionChanged DISCONNECTED');
      expect(moved.presence?.connectedAt).toEqual(second.started.session?.connectedAt);
      expect(moved.presence?.platforms).toEqual(['desktop', 'web']);
      second.stream.cancel();
      const left = await watcher.nextEvent();
      expect(left.presence?.platforms).toEqual(['web']);
      expect(statusOf(await presenceOf(reader, 'dora'))).toBe('ONLINE');
    });

    it('rejects one session above the limit of a user until one has ended', async () => {
      const client = await service.client('emil');
      const { stream } = await client.connect();
      await client.connect();
      await client.connect();
      const before = await sessionIdsOf(reader, 'emil');
      const { code, details } = await client.openSession().ended;
      expect(code).toBe(status.RESOURCE_EXHAUSTED);
      expect(details).toBe('a user may have 3 sessions at once; end one first');
      expect(await sessionIdsOf(reader, 'emil')).toEqual(before);
      stream.cancel();
      await eventually(async () => (await sessionIdsOf(reader, 'emil')).length, 2);
      await client.connect();
    });

    it.skipIf(OVER_HTTP)(
      'does not begin if the RPC deadline passed before the request was complete',
      async () => {
        const call = connect(`http://${service.address()}`);
        const witness = await Witness.at(await service.client('witness'));
        const token = await tokenOf('late');
        // From the second time on, the token is cached and the call is processed sooner.
        for (let i = 0; i < 3; i++) {
          const stream = call.request({
            ':method': 'POST',
            ':path': '/presence.v1.SessionService/Connect',
            'content-type': 'application/grpc',
            authorization: `Bearer ${token}`,
            'grpc-timeout': '1m',
          });
          stream.write(Buffer.alloc(5));
          await once(stream, 'response');
          stream.end();
          await once(stream.resume(), 'close');
        }
        expect(await witness.onlineOfflineEvents('late')).toEqual([]);
        call.close();
      },
    );

    it('ends when the RPC deadline of the client has passed', async () => {
      for (let deadlineMs = 300; ; deadlineMs *= 2) {
        const userId = `late by ${deadlineMs}`;
        const watcher = await watch(reader, userId);
        const client = await service.client(userId);
        // A busy machine can take longer than the deadline to connect.
        const session = await client.connect({}, { deadlineMs }).catch(() => undefined);
        if (session === undefined) continue;
        expect(inWords(await watcher.nextEvent())).toBe('userOnline CONNECTED');
        expect((await session.stream.ended).code).toBe(status.DEADLINE_EXCEEDED);
        expect(inWords(await watcher.nextEvent())).toBe('userOffline DISCONNECTED');
        return;
      }
    });
  });

  describe('ListSessions', () => {
    it('lists the live sessions of the caller, the oldest first', async () => {
      const client = await service.client('gina');
      const first = await client.connect({ platform: 'web' });
      await service.passTime(5);
      const second = await client.connect({ platform: 'mobile' });
      await service.passTime(5);
      await client.recordActivity({ target: { $case: 'sessionId', value: first.sessionId } });
      const { sessions } = await client.listSessions();
      expect(sessions).toEqual([
        {
          ...first.started.session,
          lastActiveAt: sessions[0]!.lastActiveAt,
        },
        second.started.session,
      ]);
      expect(msOf(sessions[0]!.lastActiveAt)).toBe(service.clock.now());
      expect((await client.listSessions({ userId: 'gina' })).sessions).toEqual(sessions);
    });

    it('lists nothing for a user without a session', async () => {
      expect(await sessionIdsOf(reader, 'nobody')).toEqual([]);
    });

    it('shows another user’s sessions to admins only', async () => {
      const { sessionId } = await (await service.client('hans')).connect();
      expect(await sessionIdsOf(reader, 'hans')).toEqual([sessionId]);
      const stranger = await service.client('stranger');
      await expect(stranger.listSessions({ userId: 'hans' })).rejects.toMatchObject({
        code: status.PERMISSION_DENIED,
        details: 'the call needs a token with the scope presence:admin',
      });
    });
  });

  describe('EndSession', () => {
    it('ends a session of the caller with ABORTED, and no other session', async () => {
      const client = await service.client('ivan');
      const watcher = await watch(reader, 'ivan');
      const [ending, staying] = [await client.connect(), await client.connect()];
      await client.endSession({ sessionId: ending.sessionId });
      const { code, details } = await ending.stream.ended;
      expect({ code, details }).toEqual({ code: status.ABORTED, details: 'the session was ended' });
      expect(await sessionIdsOf(reader, 'ivan')).toEqual([staying.sessionId]);
      await client.endSession({ sessionId: staying.sessionId });
      expect((await staying.stream.ended).code).toBe(status.ABORTED);
      const events = await watcher.nextEvents(2);
      expect(events.map(inWords)).toEqual(['userOnline CONNECTED', 'userOffline SESSION_ENDED']);
    });

    it('lets an admin end anyone’s session', async () => {
      const { sessionId, stream } = await (await service.client('jana')).connect();
      await reader.endSession({ sessionId });
      expect((await stream.ended).code).toBe(status.ABORTED);
    });

    it('does not let another user end it', async () => {
      const { sessionId } = await (await service.client('kim')).connect();
      const stranger = await service.client('stranger');
      const refused = stranger.endSession({ sessionId });
      await expect(refused).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
      expect(await sessionIdsOf(reader, 'kim')).toEqual([sessionId]);
    });

    it('is no error for a session that has ended or never was', async () => {
      const client = await service.client('lea');
      const { sessionId, stream } = await client.connect();
      await client.endSession({ sessionId });
      await stream.ended;
      expect(await client.endSession({ sessionId })).toEqual({ wasLive: false });
      expect(await client.endSession({ sessionId: 'never was' })).toEqual({ wasLive: false });
    });

    it('leaves a session that no command can name any more', async () => {
      const client = await service.client('mia');
      const { sessionId, stream } = await client.connect();
      await client.endSession({ sessionId });
      await stream.ended;
      await expect(client.heartbeat({ sessionId })).rejects.toMatchObject(NO_ONE);
      await expect(client.joinChannel({ sessionId, channelId: 'c' })).rejects.toMatchObject({
        ...NO_ONE,
        details: 'there is no such live session; begin a new one with Connect',
      });
      expect(statusOf(await presenceOf(reader, 'mia'))).toBe('OFFLINE');
    });
  });
});
