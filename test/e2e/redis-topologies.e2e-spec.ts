import { readFileSync } from 'node:fs';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Build, type ServerProcess } from '../support/built-server.js';
import type { Client } from '../support/client.js';
import { Authority } from '../support/certificates.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { RedisSentinels } from '../support/redis-sentinels.js';
import { RedisServer } from '../support/redis-server.js';
import { SECRET, tokenOf } from '../support/service.js';
import { TlsFolder } from '../support/tls-folder.js';
import { Witness } from '../support/witness.js';

const USERS = Array.from({ length: 30 }, (_, i) => `user ${i}`);

describe('Two nodes', () => {
  let build: Build;
  let nodes: ServerProcess[] = [];
  beforeAll(async () => void (build = await Build.make()));
  afterEach(() => Promise.all(nodes.map((node) => node.kill())));
  afterAll(() => build.remove());

  async function startOn(redisUrl: string): Promise<void> {
    nodes = await Promise.all([1, 2].map(() => build.serve({ REDIS_URL: redisUrl })));
  }

  it.each([
    ['a master with Sentinels', () => RedisSentinels.start()],
    ['a Redis Cluster with replicas', () => RedisCluster.start(1)],
  ])('on %s outlive a master, and nobody has come or gone', async (_, startRedis) => {
    const redis = await startRedis();
    try {
      await startOn(redis.url);
      const witnesses = await Promise.all(
        nodes.map(async (node, i) => Witness.at(await node.client(`watcher ${i}`))),
      );
      const users = await Promise.all(
        USERS.map(async (userId, i) => {
          const client = await nodes[i % 2]!.client(userId);
          return { userId, client, ...(await client.connect()) };
        }),
      );
      for (const { client, sessionId } of users) {
        await client.joinChannel({ sessionId, channelId: 'lobby' });
      }

      await redis.killMaster();

      for (const { client, sessionId } of users) {
        await eventually(() => join(client, sessionId, 'kitchen'), 'OK');
      }
      for (const [i, node] of nodes.entries()) {
        const admin = node.clientWithToken(await tokenOf('admin', { isAdmin: true }));
        const members = async (): Promise<number> =>
          (await admin.listChannelMembers({ channelId: 'kitchen' })).totalSize;
        await eventually(members, USERS.length);
        for (const { userId } of users) {
          expect(await witnesses[i]!.onlineOfflineEvents(userId)).toEqual(['userOnline CONNECTED']);
        }
      }
    } finally {
      await redis.stop();
    }
  });
});

describe('A node with a user of the ACL', () => {
  let build: Build;
  let redis: RedisServer;
  let node: ServerProcess;
  beforeAll(async () => {
    build = await Build.make();
    redis = await RedisServer.start(
      [...asTheDocumentationSays(), ...['--user', 'default', 'off']],
      {
        username: 'presence',
        password: 'a password',
      },
    );
  });
  afterEach(() => node.kill());
  afterAll(async () => {
    await redis.stop();
    await build.remove();
  });

  it('may do all that it has to', async () => {
    node = await build.serve({ REDIS_URL: redis.url, LOG_LEVEL: 'debug' });
    const { stream } = await (await node.client('ann')).connect();
    const bob = await node.client('bob');
    expect((await bob.listOnlineUsers()).totalSize).toBe(1);
    stream.cancel();
    await eventually(async () => (await bob.listOnlineUsers()).totalSize, 0);
    node.signal('SIGTERM');
    expect(await node.exited).toEqual({ code: 0, signal: null });
    expect(node.output).not.toMatch(/NOPERM|A periodic task failed/);
  });

  it('does not start with a wrong password, and does not say which', async () => {
    const url = redis.url.replace('a%20password', 'a-guess');
    node = build.run({ AUTH_JWT_SECRET: SECRET, REDIS_URL: url });
    expect(await node.exited).toEqual({ code: 1, signal: null });
    expect(node.output).toMatch(/REDIS_URL: Redis rejects .*\(WRONGPASS\)\.\n$/);
    expect(node.output).not.toContain('a-guess');
  });
});

describe('A node whose Redis speaks TLS', () => {
  let build: Build;
  let folder: TlsFolder;
  let redis: RedisServer;
  let url: string;
  let node: ServerProcess;
  beforeAll(async () => {
    build = await Build.make();
    const authority = await Authority.make('authority of Redis');
    folder = await TlsFolder.with(await authority.server(), authority.cert);
    const port = await freePort();
    url = `rediss://localhost:${port}`;
    redis = await RedisServer.speakingTls(port, folder.files);
  });
  afterEach(() => node.kill());
  afterAll(async () => {
    await redis.stop();
    await folder.remove();
    await build.remove();
  });

  it('works with a trusted certificate authority', async () => {
    node = await build.serve({ REDIS_URL: url, NODE_EXTRA_CA_CERTS: folder.files.clientCaFile! });
    const ann = await node.client('ann');
    await ann.connect();
    expect((await ann.listOnlineUsers()).totalSize).toBe(1);
  });

  it('does not start with an unknown certificate authority', async () => {
    node = build.run({ AUTH_JWT_SECRET: SECRET, REDIS_URL: url });
    expect(await node.exited).toEqual({ code: 1, signal: null });
    expect(node.output).toMatch(
      /REDIS_URL: the certificate of Redis does not pass verification \(.*certificate.*\); set NODE_EXTRA_CA_CERTS to a file with its certificate authority\.?\n$/,
    );
  });
});

/** Returns the ACL rules that the documentation gives to operators. */
function asTheDocumentationSays(): readonly string[] {
  const text = readFileSync(new URL('../../docs/cluster.md', import.meta.url), 'utf8');
  const [, rights] = /`(\+@all[^`]*)`/.exec(text)!;
  const [, names] = /`(~presence:[^`]*)`/.exec(text)!;
  return ['--user', 'presence', 'on', '>a password', ...`${rights} ${names}`.split(' ')];
}

async function join(client: Client, sessionId: string, channelId: string): Promise<string> {
  return client.joinChannel({ sessionId, channelId }).then(
    () => 'OK',
    ({ code }: { readonly code: status }) => status[code],
  );
}
