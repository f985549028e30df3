import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Service, tokenOf } from '../support/service.js';

function connectionTo({ httpUrl }: Service): Socket {
  const { hostname, port } = new URL(httpUrl);
  return connect(Number(port), hostname.replace(/[[\]]/g, ''));
}

describe('The HTTP side', () => {
  let service: Service;
  beforeAll(async () => void (service = await Service.start()));
  afterAll(() => service.stop());

  /** Sends text on a connection, and returns everything received until the server closed it. */
  async function say(text: string): Promise<string> {
    const socket = connectionTo(service);
    let answer = '';
    socket.setEncoding('utf8').on('data', (part) => (answer += String(part)));
    socket.on('error', () => {});
    socket.write(text);
    await new Promise((resolve) => socket.once('close', resolve));
    return answer;
  }

  it('does not name its software', async () => {
    const response = await fetch(`${service.httpUrl}/health/live`);
    expect(response.headers.has('x-powered-by')).toBe(false);
  });

  it('does not wait at its end for a connection on which nothing was asked', async () => {
    const stopping = await Service.start();
    const socket = connectionTo(stopping);
    await once(socket, 'connect');
    // When another request has a response, the server has accepted the connection.
    await fetch(`${stopping.httpUrl}/health/live`);
    const closed = once(socket.resume(), 'close');
    await stopping.stop();
    await closed;
  });

  it('answers at its end the call whose request is still arriving', async () => {
    const stopping = await Service.start();
    const [server] = stopping.httpServers();
    const socket = connectionTo(stopping);
    const answer = new Promise((resolve) => {
      socket.once('data', (part) => resolve(String(part))).once('close', () => resolve('closed'));
    });
    socket.write(
      [
        'POST /presence.v1.SessionService/ListSessions HTTP/1.1',
        'host: localhost',
        `authorization: Bearer ${await tokenOf('ann')}`,
        'content-type: application/json',
        'content-length: 2',
        '\r\n{',
      ].join('\r\n'),
    );
    await once(server!, 'request');
    const stopped = stopping.stop();
    await eventually(() => server!.listening, false);
    socket.write('}');
    expect(await answer).toMatch(/^HTTP\/1.1 200 /);
    await stopped;
  });

  it('parses no body', async () => {
    const response = await fetch(`${service.httpUrl}/health`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      // A body parser would answer 400, because this is not JSON.
      body: '{'.repeat(200_000),
    });
    expect(response.status).toBe(404);
  });

  it('takes no large headers', async () => {
    expect(await say(`GET /health HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431 /,
    );
  });

  it.concurrent.each([
    ['headers', 'GET /health HTTP/1.1\r\nhost: localhost\r\n'],
    [
      'body',
      'POST /health HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
    ],
  ])('closes the connection after about ten seconds without %s', async (_what, text) => {
    const begun = performance.now();
    await say(text);
    // Node itself closes such a connection only after a minute.
    expect(performance.now() - begun).toBeLessThan(55_000);
  });
});
