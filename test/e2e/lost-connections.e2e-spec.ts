import { constants } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionRegistry } from '../../src/session/session-registry.js';
import { ClientProcess } from '../support/client-process.js';
import { eventually } from '../support/eventually.js';
import { inWords } from '../support/in-words.js';
import { Link } from '../support/link.js';
import { RawCall } from '../support/raw-call.js';
import { Service, tokenOf } from '../support/service.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';

const KEEPALIVE_TIME_MS = 500;
/** Far longer than a ping takes on a busy machine. */
const KEEPALIVE_TIMEOUT_MS = 5000;
const CONNECT = 'SessionService/Connect';

describe('A connection', () => {
  let service: Service;
  let link: Link;
  beforeAll(async () => {
    service = await Service.start({
      MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '1000',
      KEEPALIVE_TIME_MS: `${KEEPALIVE_TIME_MS}`,
      KEEPALIVE_TIMEOUT_MS: `${KEEPALIVE_TIMEOUT_MS}`,
    });
    link = await Link.to(service.addresses());
  });
  afterAll(async () => {
    link.close();
    await service.stop();
  });

  async function follow(userId: string): Promise<SubscriptionReader> {
    const watcher = (await service.client('watcher')).subscribe({ userIds: [userId] });
    await watcher.beginning();
    return watcher;
  }

  async function expectEnd(watcher: SubscriptionReader, end: string): Promise<void> {
    const events = await watcher.nextEvents(2);
    expect(events.map(inWords)).toEqual(['userOnline CONNECTED', end]);
    await eventually(() => service.sizeOf(SessionRegistry), 0);
  }

  describe('is lost', () => {
    it('when the process of the client is killed', async () => {
      const watcher = await follow('killed');
      const client = await ClientProcess.start(service.address(), await tokenOf('killed'));
      client.signal('SIGKILL');
      await expectEnd(watcher, 'userOffline CONNECTION_LOST');
    });

    it('when the peer falls silent, by KEEPALIVE_TIME_MS and KEEPALIVE_TIMEOUT_MS', async () => {
      const watcher = await follow('stopped');
      const client = await ClientProcess.start(service.address(), await tokenOf('stopped'));
      expect(inWords(await watcher.nextEvent())).toBe('userOnline CONNECTED');
      client.signal('SIGSTOP');
      try {
        expect(inWords(await watcher.nextEvent())).toBe('userOffline CONNECTION_LOST');
      } finally {
        client.signal('SIGKILL');
      }
    });

    it('when the network between falls silent', async () => {
      const watcher = await follow('unplugged');
      const client = service.clientWithToken(await tokenOf('unplugged'), link.addresses);
      await client.connect();
      link.fallSilent();
      await expectEnd(watcher, 'userOffline CONNECTION_LOST');
    });

    it.each([['cut'], ['reset']] as const)('when it is %s', async (how) => {
      const watcher = await follow(how);
      const client = service.clientWithToken(await tokenOf(how), link.addresses);
      await client.connect();
      link[how]();
      await expectEnd(watcher, 'userOffline CONNECTION_LOST');
    });

    it('with every session on it', async () => {
      const watcher = await follow('twice');
      const client = service.clientWithToken(await tokenOf('twice'), link.addresses);
      await client.connect({ platform: 'web' });
      await client.connect({ platform: 'web' });
      link.cut();
      await expectEnd(watcher, 'userOffline CONNECTION_LOST');
    });

    it('whatever other connections of the user do', async () => {
      const watcher = await follow('roaming');
      const token = await tokenOf('roaming');
      await service.clientWithToken(token, link.addresses).connect({ platform: 'mobile' });
      const { stream } = await service.clientWithToken(token).connect({ platform: 'web' });
      link.cut();
      const events = await watcher.nextEvents(3);
      expect(events.map(inWords)).toEqual([
        'userOnline CONNECTED',
        'userConnectionChanged CONNECTED',
        'userConnectionChanged CONNECTION_LOST',
      ]);
      expect(events[2]?.presence?.platforms).toEqual(['web']);
      stream.cancel();
      expect(inWords(await watcher.nextEvent())).toBe('userOffline DISCONNECTED');
    });
  });

  describe('is not lost', () => {
    it('while its peer answers, however quiet it is', async () => {
      const watcher = await follow('quiet');
      const client = await service.client('quiet');
      const { sessionId } = await client.connect();
      // In the time in which another connection is lost.
      const other = await follow('silent');
      await service.clientWithToken(await tokenOf('silent'), link.addresses).connect();
      link.fallSilent();
      expect((await other.nextEvents(2)).map(inWords)).toEqual([
        'userOnline CONNECTED',
        'userOffline CONNECTION_LOST',
      ]);
      const { sessions } = await client.listSessions();
      expect(sessions.map((session) => session.sessionId)).toEqual([sessionId]);
      await client.endSession({ sessionId });
      await expectEnd(watcher, 'userOffline SESSION_ENDED');
    });

    it('when the client cancels its stream', async () => {
      const watcher = await follow('leaving');
      const { stream } = await (await service.client('leaving')).connect();
      stream.cancel();
      await expectEnd(watcher, 'userOffline DISCONNECTED');
    });

    it('when the client cancels its stream and closes its channel at once', async () => {
      for (let i = 0; i < 20; i++) {
        const watcher = await follow(`closing${i}`);
        const client = await service.client(`closing${i}`);
        const { stream } = await client.connect();
        stream.cancel();
        client.close();
        await expectEnd(watcher, 'userOffline DISCONNECTED');
      }
    });

    it.each([
      ['cancels and says goodbye', (call: RawCall) => call.session.close()],
      ['cancels and destroys its connection', (call: RawCall) => call.session.destroy()],
    ])('when the client %s in one breath', async (_how, leave) => {
      for (let i = 0; i < 20; i++) {
        const watcher = await follow(`breath${i}`);
        const token = await tokenOf(`breath${i}`);
        const call = RawCall.to(service.address(), CONNECT, token);
        await call.answered();
        call.stream.close(constants.NGHTTP2_CANCEL);
        leave(call);
        await expectEnd(watcher, 'userOffline DISCONNECTED');
      }
    });

    it('when the client says goodbye and closes it without cancelling', async () => {
      const watcher = await follow('goodbye');
      const call = RawCall.to(service.address(), CONNECT, await tokenOf('goodbye'));
      await call.answered();
      call.session.goaway(constants.NGHTTP2_NO_ERROR);
      await new Promise((resolve) => setTimeout(resolve, 20));
      call.session.destroy();
      await expectEnd(watcher, 'userOffline DISCONNECTED');
    });

    it('when the client says goodbye and cancels only then', async () => {
      const watcher = await follow('polite');
      const call = RawCall.to(service.address(), CONNECT, await tokenOf('polite'));
      await call.answered();
      call.session.goaway(constants.NGHTTP2_NO_ERROR);
      await new Promise((resolve) => setTimeout(resolve, 20));
      call.stream.close(constants.NGHTTP2_CANCEL);
      await expectEnd(watcher, 'userOffline DISCONNECTED');
    });
  });
});
