import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { WEBHOOK_KEY, WebhookReceiver } from '../../test/support/webhook-receiver.js';
import type { Batch } from './batch.js';
import { Receiver, type DeliveryResult } from './receiver.js';

const BATCH: Batch = { id: 'batch-1', body: '[{"id":"a"}]', events: 1, position: undefined };
const NOW = Date.parse('2026-03-01T00:00:00.900Z');
const NEVER = new AbortController().signal;

describe('A request to the receiver', () => {
  let backend: WebhookReceiver;
  beforeEach(async () => void (backend = await WebhookReceiver.start()));
  afterEach(async () => {
    vi.restoreAllMocks();
    await backend.stop();
  });

  function post(
    more: { url?: string; timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<DeliveryResult> {
    const { url = backend.url, timeoutMs = 60_000, signal = NEVER } = more;
    const keys = (): readonly Buffer[] => [Buffer.alloc(24), WEBHOOK_KEY];
    return new Receiver({ url, keys, timeoutMs, wall: () => NOW }).post(BATCH, signal);
  }

  it('has the headers of Standard Webhooks and of a batch of CloudEvents', async () => {
    expect(await post()).toMatchObject({ outcome: '2xx' });
    const [{ headers, body }] = backend.requests as [(typeof backend.requests)[number]];
    expect(body).toBe(BATCH.body);
    expect(headers).toMatchObject({
      'content-type': 'application/cloudevents-batch+json',
      'webhook-id': 'batch-1',
      'webhook-timestamp': String(Math.floor(NOW / 1000)),
      'user-agent': 'presence-service',
    });
    expect(String(headers['webhook-signature']).split(' ')).toHaveLength(2);
  });

  it.each([
    [200, '2xx'],
    [299, '2xx'],
    [400, '4xx'],
    [410, '410'],
    [500, '5xx'],
    [503, '5xx'],
    [599, '5xx'],
  ])('has the outcome of the status %i', async (status, outcome) => {
    backend.refuse(status);
    expect(await post()).toMatchObject({ outcome, reason: `status ${status}` });
  });

  it('does not follow a redirect', async () => {
    for (const status of [301, 302, 307, 308]) {
      backend.refuse(status, { location: `${backend.url}/elsewhere` });
      expect(await post()).toMatchObject({ outcome: '3xx' });
    }
    expect(backend.requests).toHaveLength(4);
  });

  it('reports how long the receiver asks to wait', async () => {
    backend.refuse(503, { 'retry-after': '7' });
    expect(await post()).toMatchObject({ retryAfterMs: 7000 });
    backend.refuse(429, { 'retry-after': 'Sun, 01 Mar 2026 00:00:10 GMT' });
    expect(await post()).toMatchObject({ retryAfterMs: 9100 });
  });

  it('closes the connection after 1 KiB of a response that does not end', async () => {
    const closed = new Promise<void>((resolve) =>
      backend.answer((response) => {
        response.on('close', () => resolve());
        response.writeHead(200);
        const write = (): void => {
          while (!response.destroyed && response.write('x'.repeat(1024)));
          if (!response.destroyed) response.once('drain', write);
        };
        write();
      }),
    );
    expect(await post()).toMatchObject({ outcome: '2xx' });
    await closed;
  });

  it('uses a connection again after a short response', async () => {
    const ports = new Set<number | undefined>();
    backend.answer((response) => {
      ports.add(response.socket?.remotePort);
      response.writeHead(200).end('thank you');
    });
    for (let i = 0; i < 20; i++) await post();
    // A request can begin before the connection of the one before is free.
    expect(ports.size).toBeLessThan(20);
  });

  it('ends after a time without a response', async () => {
    backend.answer(() => {});
    expect(await post({ timeoutMs: 100 })).toEqual({
      outcome: 'timeout',
      reason: 'no response within 100 ms',
    });
  });

  it('counts a status although the body does not come', async () => {
    const timeout = new AbortController();
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeout.signal);
    const fetching = vi.spyOn(globalThis, 'fetch');
    backend.answer((response) => response.writeHead(200).write('x'));
    const answer = post();
    await eventually(() => fetching.mock.settledResults[0]?.type, 'fulfilled');
    timeout.abort();
    expect(await answer).toMatchObject({ outcome: '2xx' });
  });

  it('reports a receiver that cannot be reached', async () => {
    await backend.stop();
    const { outcome, reason } = await post();
    expect(outcome).toBe('unreachable');
    expect(reason).toContain('ECONNREFUSED');
  });

  it('reports a receiver that does not speak HTTP', async () => {
    const server = createTcpServer((socket) =>
      socket
        .on('error', () => {})
        .resume()
        .end('\0garbage\r\n\r\n'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await post({ url: `http://127.0.0.1:${port}/` })).toMatchObject({
      outcome: 'unreachable',
    });
    await new Promise((resolve) => server.close(resolve));
  });

  it('can be aborted', async () => {
    backend.answer(() => {});
    const abort = new AbortController();
    const posting = post({ signal: abort.signal });
    abort.abort();
    expect(await posting).toMatchObject({ outcome: 'unreachable' });
  });
});
