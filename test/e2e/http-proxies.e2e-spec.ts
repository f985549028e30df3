import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bodyOf, CONTENT_TYPES, isJson } from '../support/http-call.js';
import { Nginx } from '../support/nginx.js';
import { Service, tokenOf } from '../support/service.js';

const CONNECT = '/presence.v1.SessionService/Connect';
const LIVE = 'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n';

/**
 * Longer than the time limit of a request, and much longer than Node's default keep-alive timeout.
 */
const QUIET_MS = 11_500;

function connectionTo({ httpUrl }: Service): Socket {
  const { hostname, port } = new URL(httpUrl);
  return connect(Number(port), hostname.replace(/[[\]]/g, '')).on('error', () => {});
}

/** Sends a request on a connection, and returns the status line of the response. */
async function ask(socket: Socket): Promise<string> {
  socket.write(LIVE);
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString().split('\r\n', 1)[0]!;
}

/** Opens a stream of `Connect`, and leaves it open. */
async function openStream(url: string, type: string): Promise<Response> {
  return fetch(url + CONNECT, {
    method: 'POST',
    headers: {
      'content-type': type,
      authorization: `Bearer ${await tokenOf('ann')}`,
      'accept-encoding': 'gzip',
    },
    body: bodyOf(type, isJson(type) ? '{}' : ''),
  });
}

describe('A proxy in front of the HTTP side', () => {
  let service: Service;
  let nginx: Nginx;
  beforeAll(async () => {
    service = await Service.start();
    nginx = await Nginx.before(service.httpUrl);
  });
  afterAll(async () => {
    await nginx.stop();
    await service.stop();
  });

  it('may use a connection again that was idle for longer than a request may take', async () => {
    const socket = connectionTo(service);
    expect(await ask(socket)).toBe('HTTP/1.1 200 OK');
    await Promise.race([once(socket, 'close'), sleep(QUIET_MS)]);
    expect(socket.closed).toBe(false);
    expect(await ask(socket)).toBe('HTTP/1.1 200 OK');
    socket.destroy();
  });

  it('receives a keep-alive timeout above the 75 seconds that proxies use', async () => {
    const { headers } = await fetch(`${service.httpUrl}/health/live`);
    const [, seconds] = /timeout=(\d+)/.exec(headers.get('keep-alive') ?? '') ?? [];
    expect(Number(seconds)).toBeGreaterThan(75);
  });

  describe.each(CONTENT_TYPES.stream)('over which a stream of %s goes', (type) => {
    it('is asked to pass it on as it is', async () => {
      const { headers, body } = await openStream(service.httpUrl, type);
      expect(headers.get('cache-control')).toBe('no-transform');
      expect(headers.get('x-accel-buffering')).toBe('no');
      await body!.cancel();
    });

    it('passes on each message at once, though it compresses', async () => {
      const { headers, body } = await openStream(nginx.url, type);
      expect(headers.get('content-encoding')).toBe('gzip');
      const reader = body!.getReader();
      const { value } = (await reader.read()) as { readonly value: Uint8Array };
      expect(Buffer.from(value).toString('latin1')).toMatch(/unknown/);
      await reader.cancel();
    });
  });
});

describe('Connections of HTTP, when there are as many as there may be', () => {
  it.each(['MAX_CONNECTIONS_PER_NODE', 'MAX_CONNECTIONS_PER_ADDRESS_PER_NODE'])(
    'make room when one of them is idle, and not when all are in use (%s)',
    async (limit) => {
      const service = await Service.start({ [limit]: '2' });
      const [idle, newer] = [connectionTo(service), connectionTo(service)];
      expect(await ask(idle)).toBe('HTTP/1.1 200 OK');
      expect(await ask(newer)).toBe('HTTP/1.1 200 OK');
      const closed = once(idle, 'close');
      const stream = await openStream(service.httpUrl, 'application/connect+json');
      expect(stream.status).toBe(200);
      await closed;
      expect(newer.closed).toBe(false);
      const second = await openStream(service.httpUrl, 'application/connect+json');
      expect(second.status).toBe(200);
      const refused = connectionTo(service);
      await once(refused.resume(), 'close');
      await stream.body!.cancel();
      await second.body!.cancel();
      await service.stop();
    },
  );
});
