import { once } from 'node:events';
import { connect } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { BaseServerInterceptingCall } from '@grpc/grpc-js/build/src/server-interceptors.js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SERVICES } from '../../src/api/codecs.js';
import { TokenlessStreams } from '../../src/transport/connections/tokenless-streams.js';
import { ServingStatus } from '../../src/health/serving-status.js';
import { eventually } from '../support/eventually.js';
import { HealthClient } from '../support/health-client.js';
import { countAlive, heapAfterCollection } from '../support/heap.js';
import { Service } from '../support/service.js';

/** The services with a health status. The empty name stands for the server. */
const NAMES = ['', ...SERVICES.map(({ typeName }) => typeName)];

describe('Health', () => {
  let service: Service;
  let health: HealthClient;
  beforeAll(async () => {
    service = await Service.start();
    health = new HealthClient(service.address());
  });
  afterAll(async () => {
    health.close();
    await service.stop();
  });

  async function get(path: string) {
    const response = await fetch(`${service.httpUrl}${path}`);
    return { code: response.status, body: await response.json() };
  }

  describe('of a service that serves', () => {
    it.each(['/health', '/health/ready'])(
      'is 200 at %s, with the results of the checks',
      async (path) => {
        expect(await get(path)).toEqual({
          code: 200,
          body: {
            status: 'ok',
            info: { serving: { status: 'up' }, store: { status: 'up' } },
            error: {},
            details: { serving: { status: 'up' }, store: { status: 'up' } },
          },
        });
      },
    );

    it('is 200 at /health/live, with nothing checked', async () => {
      expect(await get('/health/live')).toEqual({
        code: 200,
        body: { status: 'ok', info: {}, error: {}, details: {} },
      });
    });

    it.each(NAMES)('is SERVING over gRPC for "%s", without a token', async (name) => {
      expect(await health.check(name)).toBe('SERVING');
    });

    it('is NOT_FOUND over gRPC for a service that there is not', async () => {
      const error = { code: status.NOT_FOUND };
      await expect(health.check('presence.v1.NoService')).rejects.toMatchObject(error);
      await expect(health.check('presence')).rejects.toMatchObject(error);
    });

    it('is SERVICE_UNKNOWN to whoever watches a service that there is not', async () => {
      const watch = health.watch('presence.v1.NoService');
      expect(await watch.next()).toEqual({ status: 'SERVICE_UNKNOWN' });
      watch.cancel();
    });

    it('is an error for a name of any length, and the connection continues', async () => {
      const watch = health.watch('');
      await watch.next();
      for (const [length, code] of [
        [4000, status.NOT_FOUND],
        [20_000, status.RESOURCE_EXHAUSTED],
        [1_000_000, status.RESOURCE_EXHAUSTED],
      ] as const) {
        const refused = health.check('x'.padEnd(length, '😀'));
        await expect(refused).rejects.toMatchObject({ code });
      }
      for (const serving of service.all(ServingStatus)) serving.set(false);
      expect(await watch.next()).toEqual({ status: 'NOT_SERVING' });
      for (const serving of service.all(ServingStatus)) serving.set(true);
      watch.cancel();
    });

    it('keeps nothing of those who watched and went before they were answered', async () => {
      const connection = connect(`http://${service.address()}`);
      for (let i = 0; i < 20; i++) {
        const watch = connection.request({
          ':method': 'POST',
          ':path': '/grpc.health.v1.Health/Watch',
          'content-type': 'application/grpc',
          'grpc-timeout': '1m',
        });
        watch.write(Buffer.alloc(5));
        await once(watch, 'response');
        // The request is complete only now, after the deadline has passed and its status was sent.
        watch.end();
        await once(watch.resume(), 'close');
      }
      connection.close();
      await eventually(() => countAlive(BaseServerInterceptingCall), 0);
    });

    it('keeps nothing of those who watched services that there are not', async () => {
      const before = heapAfterCollection();
      for (let i = 0; i < 200; i++) {
        const watch = health.watch(`${i}`.padEnd(8000, 'x'));
        await watch.next();
        watch.cancel();
        await watch.ended;
      }
      expect(heapAfterCollection() - before).toBeLessThan(1_000_000);
    });
  });

  it('has at most eight watchers on a connection', async () => {
    const others = new HealthClient(service.address());
    const watches = Array.from({ length: 8 }, () => others.watch(''));
    for (const watch of watches) expect(await watch.next()).toEqual({ status: 'SERVING' });
    expect(await others.watch('').ended).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: 'this connection has 8 streams without a token; close one first',
    });
    expect(await others.check('')).toBe('SERVING');
    watches[0]!.cancel();
    await eventually(() => service.all(TokenlessStreams).some(({ size }) => size === 8), false);
    const late = others.watch('');
    expect(await late.next()).toEqual({ status: 'SERVING' });
    for (const watch of [late, ...watches]) watch.cancel();
    others.close();
    await eventually(() => service.sizeOf(TokenlessStreams), 0);
  });

  it('is served at HTTP_HOST and at no other address of the machine', async () => {
    const elsewhere = service.httpUrl.replace('127.0.0.1', '127.0.0.2');
    expect(elsewhere).not.toBe(service.httpUrl);
    await expect(fetch(`${elsewhere}/health`)).rejects.toThrow('fetch failed');
  });

  describe('of a service that does not serve', () => {
    beforeEach(() => service.all(ServingStatus).forEach((status) => status.set(false)));
    afterEach(() => service.all(ServingStatus).forEach((status) => status.set(true)));

    it.each(['/health', '/health/ready'])('is 503 at %s, with the failed check', async (path) => {
      expect(await get(path)).toEqual({
        code: 503,
        body: {
          status: 'error',
          info: { store: { status: 'up' } },
          error: { serving: { status: 'down' } },
          details: { serving: { status: 'down' }, store: { status: 'up' } },
        },
      });
    });

    it('is 200 at /health/live: a restart would not help', async () => {
      expect((await get('/health/live')).code).toBe(200);
    });

    it.each(NAMES)('is NOT_SERVING over gRPC for "%s"', async (name) => {
      expect(await health.check(name)).toBe('NOT_SERVING');
    });
  });

  it.each(NAMES)('sends every change to the watchers of "%s"', async (name) => {
    const watch = health.watch(name);
    const [serving] = service.all(ServingStatus);
    expect(await watch.next()).toEqual({ status: 'SERVING' });
    serving.set(false);
    expect(await watch.next()).toEqual({ status: 'NOT_SERVING' });
    serving.set(true);
    expect(await watch.next()).toEqual({ status: 'SERVING' });
    watch.cancel();
  });
});
