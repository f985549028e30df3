import { createServer, type AddressInfo } from 'node:net';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Build, type ServerProcess } from '../support/built-server.js';
import { HealthClient } from '../support/health-client.js';
import { SECRET, tokenOf } from '../support/service.js';

describe('The program', () => {
  let build: Build;
  let server: ServerProcess;
  beforeAll(async () => void (build = await Build.make()));
  afterEach(() => server.kill());
  afterAll(() => build.remove());

  describe('at SIGTERM', () => {
    it('stops being ready at once, stays live, and rejects new streams', async () => {
      server = await build.serve({ DRAIN_TIMEOUT_MS: '4000' });
      const health = new HealthClient(server.grpcAddress);
      const watch = health.watch('');
      expect(await watch.next()).toEqual({ status: 'SERVING' });
      const client = await server.client('ann');
      const { stream } = await client.connect();

      server.signal('SIGTERM');
      expect(await watch.next()).toEqual({ status: 'NOT_SERVING' });
      expect(await health.check('presence.v1.SessionService')).toBe('NOT_SERVING');
      expect((await fetch(`${server.httpUrl}/health/ready`)).status).toBe(503);
      expect((await fetch(`${server.httpUrl}/health`)).status).toBe(503);
      expect((await fetch(`${server.httpUrl}/health/live`)).status).toBe(200);
      expect(status[(await client.openSession().ended).code]).toBe('UNAVAILABLE');
      expect(status[(await client.subscribe().ended).code]).toBe('UNAVAILABLE');
      // Calls of sessions that are still open are still served.
      expect((await client.listOnlineUsers()).totalSize).toBe(1);

      stream.cancel();
      expect(await server.exited).toEqual({ code: 0, signal: null });
      health.close();
    });

    it('sends every session a reconnect time, spread over half of DRAIN_TIMEOUT_MS', async () => {
      server = await build.serve({
        DRAIN_TIMEOUT_MS: '2000',
        MAX_SESSIONS_PER_USER: '100',
        MAX_CALLS_PER_SECOND_PER_USER_PER_NODE: '0',
      });
      const client = await server.client('ann');
      const sessions = await Promise.all(Array.from({ length: 50 }, () => client.connect()));
      server.signal('SIGTERM');
      const delays = await Promise.all(
        sessions.map(async ({ stream }) => {
          const { body } = await stream.next();
          if (body?.$case !== 'sessionDraining') throw new Error(`${body?.$case} comes first`);
          return body.value.reconnectAfterMs;
        }),
      );
      expect(Math.max(...delays)).toBeLessThanOrEqual(1000);
      expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(500);
      expect(new Set(delays).size).toBeGreaterThan(10);
    });

    it('ends all streams with UNAVAILABLE within DRAIN_TIMEOUT_MS, and exits with 0', async () => {
      server = await build.serve({ DRAIN_TIMEOUT_MS: '2000' });
      const client = await server.client('ann');
      const { stream } = await client.connect();
      const subscription = client.subscribe();
      await subscription.beginning();
      server.signal('SIGTERM');
      for (const { ended } of [stream, subscription]) {
        const { code, details } = await ended;
        expect(status[code]).toBe('UNAVAILABLE');
        expect(details).toMatch(/about to stop; connect again/);
      }
      expect(await server.exited).toEqual({ code: 0, signal: null });
    });

    it('ends all streams with UNAVAILABLE also when DRAIN_TIMEOUT_MS is 0', async () => {
      server = await build.serve({ DRAIN_TIMEOUT_MS: '0' });
      const client = await server.client('ann');
      const { stream } = await client.connect();
      const subscription = client.subscribe();
      await subscription.beginning();
      server.signal('SIGTERM');
      for (const { ended } of [stream, subscription])
        expect(status[(await ended).code]).toBe('UNAVAILABLE');
      expect(await server.exited).toEqual({ code: 0, signal: null });
    });

    it('sends subscribers the ends of sessions until it stops', async () => {
      server = await build.serve({ DRAIN_TIMEOUT_MS: '4000' });
      const [ann, bob] = [await server.client('ann'), await server.client('bob')];
      const session = await ann.connect();
      await bob.connect();
      const subscription = bob.subscribe();
      await subscription.beginning();
      server.signal('SIGTERM');
      await session.stream.until(({ body }) => body?.$case === 'sessionDraining');
      session.stream.cancel();
      const event = await subscription.nextEvent();
      expect(event).toMatchObject({
        presence: { userId: 'ann' },
        change: { $case: 'userOffline' },
      });
    });

    it('does not wait when no session is there, and not for subscribers', async () => {
      server = await build.serve({ DRAIN_TIMEOUT_MS: '600000' });
      const subscription = (await server.client('ann')).subscribe();
      await subscription.beginning();
      server.signal('SIGTERM');
      expect(status[(await subscription.ended).code]).toBe('UNAVAILABLE');
      expect(await server.exited).toEqual({ code: 0, signal: null });
    });

    it('exits with 0 in time while a client watches its health', async () => {
      server = await build.serve({ DRAIN_TIMEOUT_MS: '1000' });
      const health = new HealthClient(server.grpcAddress);
      const watch = health.watch('');
      await watch.next();
      server.signal('SIGTERM');
      expect(await watch.next()).toEqual({ status: 'NOT_SERVING' });
      expect(await server.exited).toEqual({ code: 0, signal: null });
      health.close();
    });

    it('exits with 0 in time also when a subscriber has stopped reading', async () => {
      server = await build.serve({ DRAIN_TIMEOUT_MS: '2000' });
      const userIds = Array.from({ length: 10_000 }, (_, i) => `${i}`.padStart(128, '-'));
      const client = await server.client('ann');
      const stuck = client.subscribe({ userIds });
      stuck.pause();
      await client.listOnlineUsers();
      server.signal('SIGTERM');
      expect(await server.exited).toEqual({ code: 0, signal: null });
    });

    it('does the same at SIGINT', async () => {
      server = await build.serve({ DRAIN_TIMEOUT_MS: '1000' });
      const { stream } = await (await server.client('ann')).connect();
      server.signal('SIGINT');
      expect(status[(await stream.ended).code]).toBe('UNAVAILABLE');
      expect(await server.exited).toEqual({ code: 0, signal: null });
    });
  });

  describe('at the start', () => {
    it('logs all invalid settings in sentences and exits with 1', async () => {
      server = build.run({ GRPC_URL: 'nowhere', HTTP_PORT: '70000', IDLE_TIMEOUT_MS: 'soon' });
      expect(await server.exited).toEqual({ code: 1, signal: null });
      expect(server.output).toMatch(/^These settings cannot be used:\n( {2}[A-Z].*\.\n){3}$/);
      for (const name of ['GRPC_URL', 'HTTP_PORT', 'IDLE_TIMEOUT_MS']) {
        expect(server.output).toContain(name);
      }
    });

    it('warns if it has no token key, and logs a token that works', async () => {
      server = build.run();
      const [, token] = await server.says(/WARN.*A token for alice, valid for 24 hours: (\S+)/);
      await server.serving();
      const { started } = await server.clientWithToken(token!).connect();
      expect(started.session?.userId).toBe('alice');
      const stranger = await server.client('ann');
      expect(status[(await stranger.openSession().ended).code]).toBe('UNAUTHENTICATED');
    });

    it('does not warn when it has a key', async () => {
      server = await build.serve();
      expect(server.output).not.toContain('WARN');
      expect(server.output).not.toContain(SECRET);
    });

    it('exits with 1 without a token key in production', async () => {
      server = build.run({ NODE_ENV: 'production' });
      expect(await server.exited).toEqual({ code: 1, signal: null });
      expect(server.output).toMatch(
        /^These settings cannot be used:\n {2}NODE_ENV=production requires one of .*\.\n$/,
      );
    });

    it('repeats no secret of a setting that cannot be used', async () => {
      server = build.run({
        AUTH_JWT_SECRET: 'short-hunter2',
        AUTH_JWKS_URL: 'https://me:hunter2@id.example/',
        REDIS_URL: 'redis://me:hunter2@redis:99999',
        LOG_LEVEL: 'verbose',
      });
      expect(await server.exited).toEqual({ code: 1, signal: null });
      expect(server.output).toMatch(/^These settings cannot be used:\n( {2}[A-Z].*\.\n){3}$/);
      expect(server.output).not.toContain('hunter2');
    });

    it('logs in one sentence that the file of a setting is unusable, and exits with 1', async () => {
      server = build.run({ AUTH_JWT_PUBLIC_KEY_FILE: '/nowhere/key.pem', LOG_LEVEL: 'warn' });
      expect(await server.exited).toEqual({ code: 1, signal: null });
      expect(server.output).toBe(
        'These settings cannot be used:\n  AUTH_JWT_PUBLIC_KEY_FILE names /nowhere/key.pem, which cannot be read (ENOENT).\n',
      );
    });

    it('writes lines of JSON in production', async () => {
      server = build.run({ NODE_ENV: 'production', AUTH_JWT_SECRET: SECRET });
      await server.serving();
      const lines = server.output.trimEnd().split('\n');
      for (const line of lines) {
        const entry = JSON.parse(line) as Record<string, unknown>;
        expect(entry).toMatchObject({ level: 'info', pid: server.pid });
        expect(new Date(entry.time as string).toISOString()).toBe(entry.time);
        for (const field of ['context', 'message']) expect(entry).toHaveProperty(field);
      }
    });

    it('writes lines of text in development', async () => {
      server = build.run({ AUTH_JWT_SECRET: SECRET, LOG_LEVEL: 'debug' });
      await server.serving();
      const { stream } = await (await server.client('ann')).connect();
      await server.says(
        /^\d\d:\d\d:\d\d\.\d{3} DEBUG \[SessionService\] A session began requestId=\S{36}$/m,
      );
      stream.cancel();
      await server.says(/A session ended requestId=\S{36} reason=DISCONNECTED$/m);
      expect(server.output).toMatch(/ INFO \[Server\] gRPC on /);
    });

    it.each(['GRPC_URL', 'HTTP_PORT', 'METRICS_PORT'])(
      'logs in one sentence that the port of %s is in use, and exits with 1',
      async (setting) => {
        const other = createServer();
        await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
        const { port } = other.address() as AddressInfo;
        const value = setting === 'GRPC_URL' ? `127.0.0.1:${port}` : `${port}`;
        server = build.run({ AUTH_JWT_SECRET: SECRET, LOG_LEVEL: 'warn', [setting]: value });
        expect(await server.exited).toEqual({ code: 1, signal: null });
        const sentence = `${setting}: 127.0.0.1:${port} (another program listens there).\n`;
        expect(server.output).toContain(sentence);
        expect(server.output).not.toContain('    at ');
        other.close();
      },
    );

    it('serves on a Unix socket', async () => {
      server = await build.serve({ GRPC_URL: `unix:${build.folder}/socket` });
      expect(server.grpcAddress).toBe(`unix:${build.folder}/socket`);
      const client = server.clientWithToken(await tokenOf('ann'));
      expect((await client.connect()).started.session?.userId).toBe('ann');
    });

    it('serves there again after it was killed', async () => {
      const settings = { GRPC_URL: `unix:${build.folder}/left-behind` };
      await (await build.serve(settings)).kill();
      server = await build.serve(settings);
      expect(server.grpcAddress).toBe(settings.GRPC_URL);
    });
  });
});
