import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Build, type ServerProcess } from '../support/built-server.js';
import type { Client, OpenSession } from '../support/client.js';
import { Cluster } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { RedisServer } from '../support/redis-server.js';
import { SECRET } from '../support/service.js';
import { Witness } from '../support/witness.js';

describe('Nodes without their Redis', () => {
  let build: Build;
  beforeAll(async () => void (build = await Build.make()));
  afterAll(() => build.remove());

  describe('for a while', () => {
    let cluster: Cluster;
    let witnesses: Witness[];
    let users: (OpenSession & { readonly userId: string; readonly client: Client })[];
    beforeEach(async () => {
      cluster = await Cluster.start(build, 2);
      witnesses = await Promise.all(
        [0, 1].map(async (node) => Witness.at(await cluster.client(node, `watcher ${node}`))),
      );
      users = await Promise.all(
        Array.from({ length: 20 }, async (_, i) => {
          const userId = `user ${i}`;
          const client = await cluster.client(i % 2, userId);
          return { userId, client, ...(await client.connect()) };
        }),
      );
    });
    afterEach(() => cluster.stop());

    async function readiness(): Promise<number[]> {
      return Promise.all(
        cluster.nodes.map(async ({ httpUrl }) => (await fetch(`${httpUrl}/health/ready`)).status),
      );
    }

    async function activityOf({ client, sessionId }: (typeof users)[number]): Promise<string> {
      return client.recordActivity({ target: { $case: 'sessionId', value: sessionId } }).then(
        () => 'OK',
        ({ code }: { readonly code: status }) => status[code],
      );
    }

    it('keep their streams, reject commands with UNAVAILABLE, and are not ready', async () => {
      await cluster.redis.kill();
      expect(await Promise.all(users.slice(0, 2).map(activityOf))).toEqual([
        'UNAVAILABLE',
        'UNAVAILABLE',
      ]);
      await eventually(readiness, [503, 503]);
      for (const { httpUrl } of cluster.nodes) {
        expect((await fetch(`${httpUrl}/health/live`)).status).toBe(200);
      }
      const refused = (await cluster.client(0, 'late')).openSession();
      expect(status[(await refused.ended).code]).toBe('UNAVAILABLE');
      const ended = await Promise.race([
        ...users.map(({ stream }) => stream.ended),
        Promise.resolve('none'),
      ]);
      expect(ended).toBe('none');
    });

    it('recover when Redis returns empty, without an event', async () => {
      for (const witness of witnesses) await witness.onlineOfflineEvents('nobody');
      await cluster.redis.kill();
      // Each call lasts as long as the timeout of a command, so together they last longer than the
      // lease of a silent node.
      for (const user of users.slice(0, 2)) expect(await activityOf(user)).toBe('UNAVAILABLE');
      await cluster.redis.restart();
      await eventually(readiness, [200, 200]);
      for (const user of users) {
        await eventually(() => activityOf(user), 'OK');
      }
      for (const [node, witness] of witnesses.entries()) {
        const admin = await cluster.admin(node);
        expect((await admin.listOnlineUsers()).totalSize).toBe(users.length + witnesses.length);
        for (const { userId, sessionId } of users) {
          const { sessions } = await admin.listSessions({ userId });
          expect(sessions.map((session) => session.sessionId)).toEqual([sessionId]);
          expect(await witness.onlineOfflineEvents(userId)).toEqual(['userOnline CONNECTED']);
        }
      }
    });

    it('announce late that a session ended during the outage, and nothing else', async () => {
      const [leaving, staying] = users;
      await cluster.redis.kill();
      leaving!.stream.cancel();
      expect(await activityOf(staying!)).toBe('UNAVAILABLE');
      await cluster.redis.restart();
      await eventually(readiness, [200, 200]);
      for (const [node, witness] of witnesses.entries()) {
        const admin = await cluster.admin(node);
        const count = async (): Promise<number> => (await admin.listOnlineUsers()).totalSize;
        await eventually(count, users.length + witnesses.length - 1);
        // A node that reads the change from the stored state does not know its reason.
        expect(await witness.onlineOfflineEvents(leaving!.userId)).toEqual([
          'userOnline CONNECTED',
          expect.stringMatching(/^userOffline (DISCONNECTED|UNSPECIFIED)$/),
        ]);
        expect(await witness.onlineOfflineEvents(staying!.userId)).toEqual([
          'userOnline CONNECTED',
        ]);
      }
    });
  });

  describe('at the start', () => {
    let server: ServerProcess;
    afterEach(() => server.kill());

    it('log that Redis is unreachable, and exit with 1', async () => {
      const url = `redis://127.0.0.1:${await freePort()}`;
      server = build.run({ AUTH_JWT_SECRET: SECRET, LOG_LEVEL: 'error', REDIS_URL: url });
      expect(await server.exited).toEqual({ code: 1, signal: null });
      expect(server.output).toMatch(/REDIS_URL: .*cannot be reached.*\.\n$/);
      expect(server.output).not.toContain('    at ');
    });

    it('do not log the password of Redis in an error', async () => {
      const redis = await RedisServer.start();
      for (const port of [await freePort(), redis.port]) {
        server = build.run({
          AUTH_JWT_SECRET: SECRET,
          LOG_LEVEL: 'verbose',
          REDIS_URL: `redis://ann:hunter2@127.0.0.1:${port}`,
        });
        expect(await server.exited).toEqual({ code: 1, signal: null });
        expect(server.output).toContain('REDIS_URL: ');
        expect(server.output).not.toMatch(/hunter2| {4}at /);
      }
      await redis.stop();
    });

    it('log that the eviction policy is unsafe, and exit with 1', async () => {
      const redis = await RedisServer.start(['--maxmemory-policy', 'allkeys-lru']);
      server = build.run({ AUTH_JWT_SECRET: SECRET, LOG_LEVEL: 'error', REDIS_URL: redis.url });
      expect(await server.exited).toEqual({ code: 1, signal: null });
      expect(server.output).toMatch(
        /REDIS_URL: the server has maxmemory-policy allkeys-lru, .*; set it to noeviction\.\n$/,
      );
      expect(server.output).not.toContain('    at ');
      await redis.stop();
    });
  });
});
