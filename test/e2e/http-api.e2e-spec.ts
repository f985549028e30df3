import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FanOut } from '../../src/events/fan-out.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { SessionRegistry } from '../../src/session/session-registry.js';
import { eventually } from '../support/eventually.js';
import { Service, tokenOf } from '../support/service.js';
import { onlineAndOffline, watch } from '../support/watched-user.js';

/** Half a kilobyte, so that buffers fill quickly. */
const LONG_TEXT = '\u{1F642}'.repeat(115);

let service: Service;
let host: string;
beforeAll(async () => {
  const settings = { HTTP_CORS_ORIGINS: 'https://chat.example' };
  service = await Service.start(settings, { fixed: { eventLogSize: 2000 } });
  host = new URL(service.httpUrl).host;
});
afterAll(() => service.stop());

describe('HTTP', () => {
  const PRESENCE = 'PresenceService/GetPresence';
  const CONNECT = 'SessionService/Connect';

  async function post(
    rpc: string,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array | string = '',
  ): Promise<Response> {
    const authorization = `Bearer ${await tokenOf('raw')}`;
    return fetch(`http://${host}/presence.v1.${rpc}`, {
      method: 'POST',
      headers: { authorization, ...headers },
      body,
    });
  }

  it.each([
    ['application/proto', Buffer.from([0xff])],
    ['application/json', Buffer.from('{"userId": 7}')],
    ['application/json', Buffer.from('{"user": "a misspelt field"}')],
    ['application/json', Buffer.from('{"userId": "\\ud800"}')],
    ['application/json', Buffer.from([0x22, 0xff, 0x22])],
    ['application/json', Buffer.from('')],
  ])('says of %s what is no message: %o', async (type, body) => {
    const response = await post(PRESENCE, { 'content-type': type }, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/^request is no/) as string,
    });
  });

  it.each([
    ['no envelope', []],
    ['half an envelope', [0, 0, 0, 0, 9, 1]],
    ['two messages', [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['a compressed message', [1, 0, 0, 0, 0]],
  ])('takes no stream with %s', async (_what, bytes) => {
    const headers = { 'content-type': 'application/connect+proto' };
    const response = await post(CONNECT, headers, Buffer.from(bytes));
    expect(await response.text()).toMatch(/"code":"invalid_argument"/);
  });

  it('takes nothing compressed, which could be any size', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const response = await post(PRESENCE, headers, '{}');
    expect(await response.json()).toMatchObject({ code: 'unimplemented' });
  });

  it.each(['soon', '-1', '99999999999'])('rejects a time of %s', async (timeout) => {
    const headers = { 'content-type': 'application/json', 'connect-timeout-ms': timeout };
    const response = await post(PRESENCE, headers, '{"userId":"a"}');
    expect(await response.json()).toMatchObject({ code: 'invalid_argument' });
  });

  it('takes a time that is longer than any timer', async () => {
    const headers = { 'content-type': 'application/json', 'connect-timeout-ms': '9999999999' };
    expect((await post(PRESENCE, headers, '{"userId":"a"}')).status).toBe(200);
  });

  it('names the methods and content types that it accepts', async () => {
    const url = `http://${host}/presence.v1.${PRESENCE}`;
    const { status: got, headers } = await fetch(url);
    expect([got, headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
    const unknown = await post(CONNECT, { 'content-type': 'application/json' }, '{}');
    expect([unknown.status, unknown.headers.get('accept-post')]).toEqual([
      415,
      'application/connect+proto, application/connect+json, application/grpc-web+proto, application/grpc-web+json',
    ]);
    expect((await fetch(`${url}s`, { method: 'POST' })).status).toBe(404);
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('closes the connection of a caller that ignores rejections', async () => {
    const settings = { MAX_CALLS_PER_SECOND_PER_USER_PER_NODE: '1' };
    const other = await Service.start(settings, { fixed: { rejectedCallsPerSecond: 1 } });
    const authorization = `Bearer ${await tokenOf('raw')}`;
    const headers = { authorization, 'content-type': 'application/json' };
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        fetch(`${other.httpUrl}/presence.v1.PresenceService/ListOnlineUsers`, {
          method: 'POST',
          headers,
          body: '{}',
        }),
      ),
    );
    const told = answers.map(({ status, headers }) => `${status} ${headers.get('connection')}`);
    expect([...new Set(told)].sort()).toEqual(['200 keep-alive', '429 close', '429 keep-alive']);
    await other.stop();
  });

  it('has nothing of it when it is switched off', async () => {
    const other = await Service.start({ HTTP_API: 'false' });
    const response = await fetch(`${other.httpUrl}/presence.v1.${PRESENCE}`, { method: 'POST' });
    expect(response.status).toBe(404);
    await other.stop();
  });

  describe('from a page of another origin', () => {
    async function preflight(origin: string, asked: readonly string[] = []): Promise<Response> {
      return fetch(`http://${host}/presence.v1.${PRESENCE}`, {
        method: 'OPTIONS',
        headers: {
          ...{ origin, 'access-control-request-method': 'POST' },
          'access-control-request-headers': asked.join(','),
        },
      });
    }

    it('is allowed with all headers of the protocols when the origin is named', async () => {
      const { status: got, headers } = await preflight('https://chat.example');
      expect(got).toBe(204);
      expect(headers.get('access-control-allow-origin')).toBe('https://chat.example');
      expect(headers.get('access-control-allow-methods')).toBe('POST');
      const allowed = headers.get('access-control-allow-headers')?.toLowerCase().split(', ');
      expect(allowed).toEqual(
        expect.arrayContaining([
          'authorization',
          'content-type',
          'connect-timeout-ms',
          'x-grpc-web',
          'x-request-id',
          'traceparent',
        ]),
      );
      expect(headers.get('vary')).toBe('origin, access-control-request-headers');
    });

    it('is allowed with the headers that are asked for, if they are well-formed and not too many', async () => {
      const asked = ['baggage', 'Sentry-Trace', 'x-datadog-trace-id', 'newrelic'];
      const odd = ['a b', 'x:y', '\u00e9', 'x'.repeat(65), ''];
      const many = new Array<string>(100).fill('x-many');
      const { headers } = await preflight('https://chat.example', [...asked, ...odd, ...many]);
      const allowed = headers.get('access-control-allow-headers')!.split(', ');
      expect(allowed).toEqual(expect.arrayContaining(asked));
      for (const name of odd) expect(allowed).not.toContain(name);
      expect(allowed.filter((name) => name === 'x-many')).toHaveLength(64 - 9);
      const other = await preflight('https://other.example', asked);
      expect(other.headers.has('access-control-allow-headers')).toBe(false);
    });

    it('is not allowed when it is not', async () => {
      const { headers } = await preflight('https://chat.example.evil');
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    });
  });

  describe('on a bare connection', () => {
    async function request(rpc: string, userId: string): Promise<string> {
      const head = [
        `POST /presence.v1.${rpc} HTTP/1.1`,
        `host: ${host}`,
        `authorization: Bearer ${await tokenOf(userId)}`,
        'content-type: application/connect+json',
        'content-length: 7',
      ];
      return `${head.join('\r\n')}\r\n\r\n\0\0\0\0\x02{}`;
    }

    function open(): Socket {
      const [name, port] = host.split(':');
      return connect(Number(port), name).on('error', () => {});
    }

    it('ends a session whose client has closed its half of it', async () => {
      const watcher = await watch(await service.client('watcher'), 'half');
      const socket = open();
      socket.write(await request(CONNECT, 'half'));
      await once(socket, 'data');
      socket.end();
      expect(await onlineAndOffline(watcher)).toEqual([
        'userOnline CONNECTED',
        'userOffline DISCONNECTED',
      ]);
    });

    it('rejects a stream behind another one, because it could not notice its end', async () => {
      const socket = open();
      socket.write((await request(CONNECT, 'first')) + (await request(CONNECT, 'second')));
      await once(socket, 'data');
      await eventually(() => service.sizeOf(SessionRegistry), 1);
      const { sessions } = await (await service.client('first')).listSessions();
      const ended = text(socket);
      await (await service.client('first')).endSession({ sessionId: sessions[0]!.sessionId });
      await eventually(() => service.sizeOf(SessionRegistry), 0);
      setTimeout(() => socket.end(), 100);
      expect(await ended).toMatch(/"code":"failed_precondition"/);
    });

    describe('that is not read from', () => {
      /**
       * Returns the server side of a subscription that is not read, after more was written to it
       * than all buffers hold.
       */
      async function stuck(userId: string): Promise<Socket> {
        const accepted = once(service.httpServers()[0]!, 'connection');
        const socket = open().pause();
        const [itsEnd] = (await accepted) as [Socket];
        socket.write(await request('EventsService/Subscribe', userId));
        await eventually(() => service.sizeOf(FanOut), 1);
        return itsEnd;
      }

      /**
       * Writes until there are no subscriptions left. Returns the maximum queue length of the
       * socket.
       */
      async function writeUntilGone(itsEnd: Socket): Promise<number> {
        const writer = await service.client('writer');
        const { sessionId, stream } = await writer.connect();
        const choice = StatusChoice.STATUS_CHOICE_AUTOMATIC;
        let queued = 0;
        for (let i = 0; service.sizeOf(FanOut) > 0; i++) {
          const texts = Array.from({ length: 50 }, (_, j) => `${i} ${j} ${LONG_TEXT}`);
          await Promise.all(
            texts.map((statusText) => writer.updateStatus({ sessionId, choice, statusText })),
          );
          queued = Math.max(queued, itsEnd.writableLength);
          await service.runIntervals();
        }
        stream.cancel();
        return queued;
      }

      it('has nothing queued, and is disconnected when the log no longer has its position', async () => {
        const itsEnd = await stuck('stuck');
        const queued = await writeUntilGone(itsEnd);
        expect(queued).toBeGreaterThan(0);
        expect(queued).toBeLessThan(256 * 1024);
        if (!itsEnd.closed) await once(itsEnd, 'close');
      });
    });
  });
});
