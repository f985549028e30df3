import { constants } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { SessionRegistry } from '../../src/session/session-registry.js';
import { PresenceStore } from '../../src/store/presence-store.js';
import type { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { inWords, statusOf } from '../support/in-words.js';
import { OVER_HTTP } from '../support/nodes.js';
import { RawCall } from '../support/raw-call.js';
import { presenceOf, sessionIdsOf } from '../support/reads.js';
import { Service, tokenOf } from '../support/service.js';
import { watch } from '../support/watched-user.js';

describe('Sessions', () => {
  let service: Service;
  let reader: Client;
  beforeAll(async () => {
    service = await Service.start({ MAX_SESSIONS_PER_USER: '3' });
    reader = await service.client('reader', { isAdmin: true });
  });
  afterAll(() => service.stop());

  describe('that are cancelled early', () => {
    const streams = (): number => service.sizeOf(SessionRegistry);

    afterEach(() => vi.restoreAllMocks());

    async function expectNoneLeft(userId: string, before: number): Promise<void> {
      await eventually(() => streams(), before);
      // The session of a disconnected client may begin afterwards, but must end at once.
      await eventually(async () => {
        const status = statusOf(await presenceOf(reader, userId));
        return [status, ...(await sessionIdsOf(reader, userId))];
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
      const watcher = await watch(reader, 'paul');
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
