import { once } from 'node:events';
import { connect, constants } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { SessionRegistry } from '../../src/session/session-registry.js';
import { PresenceStore } from '../../src/store/presence-store.js';
import type { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { inWords, msOf, statusOf } from '../support/in-words.js';
import { OVER_HTTP } from '../support/nodes.js';
import { RawCall } from '../support/raw-call.js';
import { Service, tokenOf } from '../support/service.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';
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

  async function follow(userId: string): Promise<SubscriptionReader> {
    const watcher = reader.subscribe({ userIds: [userId] });
    await watcher.beginning();
    return watcher;
  }

  async function presenceOf(userId: string) {
    return (await reader.getPresence({ userId })).presence!;
  }

  async function sessionIdsOf(userId: string): Promise<string[]> {
    const { sessions } = await reader.listSessions({ userId });
    return sessions.map(({ sessionId }) => sessionId);
  }

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
      expect(await presenceOf('ada')).toEqual(started.presence);
    });

    it('announces the first session of a user, and the end of the last', async () => {
      const watcher = await follow('bob');
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
      expect(await presenceOf('bob')).toEqual(offline.presence);
      expect(await sessionIdsOf('bob')).toEqual([]);
    });

    it('names the platform "unknown" when the client does not', async () => {
      const { started } = await (await service.client('carl')).connect();
      expect(started.session?.platform).toBe('unknown');
      expect(started.presence?.platforms).toEqual(['unknown']);
    });

    it('shows a user with several sessions once, with every platform and the oldest start', async () => {
      const client = await service.client('dora');
      const watcher = await follow('dora');
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
      expect(statusOf(await presenceOf('dora'))).toBe('ONLINE');
    });

    it('rejects one session above the limit of a user until one has ended', async () => {
      const client = await service.client('emil');
      const { stream } = await client.connect();
      await client.connect();
      await client.connect();
      const before = await sessionIdsOf('emil');
      const { code, details } = await client.openSession().ended;
      expect(code).toBe(status.RESOURCE_EXHAUSTED);
      expect(details).toBe('a user may have 3 sessions at once; end one first');
      expect(await sessionIdsOf('emil')).toEqual(before);
      stream.cancel();
      await eventually(async () => (await sessionIdsOf('emil')).length, 2);
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
        const watcher = await follow(userId);
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
      expect(await sessionIdsOf('nobody')).toEqual([]);
    });

    it('shows another user’s sessions to admins only', async () => {
      const { sessionId } = await (await service.client('hans')).connect();
      expect(await sessionIdsOf('hans')).toEqual([sessionId]);
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
      const watcher = await follow('ivan');
      const [ending, staying] = [await client.connect(), await client.connect()];
      await client.endSession({ sessionId: ending.sessionId });
      const { code, details } = await ending.stream.ended;
      expect({ code, details }).toEqual({ code: status.ABORTED, details: 'the session was ended' });
      expect(await sessionIdsOf('ivan')).toEqual([staying.sessionId]);
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
      expect(await sessionIdsOf('kim')).toEqual([sessionId]);
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
      expect(statusOf(await presenceOf('mia'))).toBe('OFFLINE');
    });
  });

  describe('that are cancelled early', () => {
    const streams = (): number => service.sizeOf(SessionRegistry);

    afterEach(() => vi.restoreAllMocks());

    async function expectNoneLeft(userId: string, before: number): Promise<void> {
      await eventually(() => streams(), before);
      // The session of a disconnected client may begin afterwards, but must end at once.
      await eventually(async () => {
        const status = statusOf(await presenceOf(userId));
        return [status, ...(await sessionIdsOf(userId))];
      }, ['OFFLINE']);
    }

    it('never stay when the client cancels at once', async () => {
      const before = streams();
      const client = await service.client('nils');
      for (let i = 0; i < 20; i++) client.openSession().cancel();
      await expectNoneLeft('nils', before);
    });

    it.skipIf(OVER_HTTP)('never stay at whatever moment the client cancels', async () => {
      const before = streams();
      const token = await tokenOf('olga');
      const { session, stream } = RawCall.to(service.address(), 'SessionService/Connect', token);
      stream.close(constants.NGHTTP2_CANCEL);
      for (let ms = 0; ms < 6; ms += 0.05) {
        const call = RawCall.to(service.address(), 'SessionService/Connect', token, session);
        const until = performance.now() + ms;
        // Finer than a timer. The server runs in this process and gets time in between.
        while (performance.now() < until) await new Promise(setImmediate);
        call.stream.close(constants.NGHTTP2_CANCEL);
      }
      session.close();
      await expectNoneLeft('olga', before);
    });

    it('never remain if the client disconnects while the session is being stored', async () => {
      const before = streams();
      let goOn = (): void => {};
      let hasAsked = false;
      const asked = new Promise<void>((resolve) => {
        for (const store of service.all(PresenceStore)) {
          const update = store.update.bind(store);
          vi.spyOn(store, 'update').mockImplementation(async (userId, change) => {
            if (userId === 'paul' && !hasAsked) {
              hasAsked = true;
              await new Promise<void>((stored) => ((goOn = stored), resolve()));
            }
            return update(userId, change);
          });
        }
      });
      const client = await service.client('paul');
      const watcher = await follow('paul');
      const stream = client.openSession();
      await asked;
      stream.cancel();
      await eventually(() => streams(), before);
      goOn();
      const events = await watcher.nextEvents(2);
      expect(events.map(inWords)).toEqual(['userOnline CONNECTED', 'userOffline DISCONNECTED']);
      await expectNoneLeft('paul', before);
    });

    it('never begin if the session could not be stored, and the client does not learn why', async () => {
      const before = streams();
      for (const store of service.all(PresenceStore)) {
        const failure = new Error('the password is swordfish');
        vi.spyOn(store, 'update').mockRejectedValueOnce(failure);
      }
      const { code, details } = await (await service.client('quin')).openSession().ended;
      expect(code).toBe(status.INTERNAL);
      expect(details).toMatch(/^internal error, request id [0-9a-f-]{36}$/);
      await expectNoneLeft('quin', before);
    });

    it('never begin with a rejected token', async () => {
      const before = streams();
      const client = service.clientWithToken(await tokenOf('rosa', { ttlSeconds: -60 }));
      const streamsOfClient = Array.from({ length: 10 }, () => client.openSession());
      for (const stream of streamsOfClient.slice(5)) stream.cancel();
      const codes = await Promise.all(
        streamsOfClient.slice(0, 5).map(async (stream) => (await stream.ended).code),
      );
      expect(new Set(codes)).toEqual(new Set([status.UNAUTHENTICATED]));
      await sleep(20);
      await expectNoneLeft('rosa', before);
    });

    it('do not use up the limit of the user', async () => {
      const before = streams();
      const client = await service.client('sven');
      for (let i = 0; i < 10; i++) {
        const { stream } = await client.connect();
        stream.cancel();
        await eventually(() => streams(), before);
      }
      await client.connect();
    });
  });
});
