import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signToken } from '../../src/auth/sign-token.js';
import { Build, type ServerProcess } from '../support/built-server.js';
import type { Client } from '../support/client.js';
import { Cluster } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { SECRET } from '../support/service.js';

const REVOKED = {
  code: status.UNAUTHENTICATED,
  details: expect.stringContaining('the token was revoked') as string,
};

describe('A revocation of tokens with several nodes', () => {
  let build: Build;
  let cluster: Cluster;
  const restarted: ServerProcess[] = [];
  beforeAll(async () => void (build = await Build.make()));
  afterAll(() => build.remove());
  beforeEach(async () => void (cluster = await Cluster.start(build, 2)));
  afterEach(async () => {
    await Promise.all(restarted.splice(0).map((node) => node.kill()));
    await cluster.stop();
  });

  /** Creates a client whose token was issued some seconds ago. */
  async function clientOf(node: ServerProcess, userId: string, secondsAgo: number) {
    const now = Date.now() - secondsAgo * 1000;
    return node.clientWithToken(await signToken({ key: SECRET, userId, ttlSeconds: 3600, now }));
  }

  /** Revokes tokens that are older than a few seconds. */
  async function revoke(node: number, userId: string): Promise<number> {
    const issuedBefore = { seconds: Math.floor(Date.now() / 1000) - 5, nanos: 0 };
    const admin = await cluster.admin(node);
    return (await admin.revokeTokens({ userId, issuedBefore })).endedSessions;
  }

  /** Starts a node that takes the place of one that was killed. */
  async function serveAgain(): Promise<ServerProcess> {
    const node = await build.serve({ REDIS_URL: cluster.redis.url });
    restarted.push(node);
    return node;
  }

  /** How the node answers a call that reads and a stream. */
  async function refusalsBy(node: ServerProcess, userId: string): Promise<unknown[]> {
    const old = await clientOf(node, userId, 60);
    const attempts = [old.listSessions(), old.connect(), old.subscribe().beginning()];
    return Promise.all(attempts.map((attempt) => attempt.catch((error: unknown) => String(error))));
  }

  async function expectRefused(node: ServerProcess, userId: string): Promise<void> {
    for (const rejection of await refusalsBy(node, userId))
      expect(rejection).toMatch(/UNAUTHENTICATED.*the token was revoked/);
    const { stream } = await (await clientOf(node, userId, 0)).connect();
    stream.cancel();
  }

  it('ends sessions and subscriptions on all nodes at once', async () => {
    const olds: Client[] = await Promise.all(
      cluster.nodes.map((node) => clientOf(node, 'ann', 60)),
    );
    const sessions = await Promise.all(olds.map((old) => old.connect()));
    const subscriptions = olds.map((old) => old.subscribe());
    await Promise.all(subscriptions.map((subscription) => subscription.beginning()));
    const counts = olds.map((old) => old.watchCounts());
    await Promise.all(counts.map((stream) => stream.next()));
    expect(await revoke(0, 'ann')).toBe(2);
    for (const { ended } of [...sessions.map(({ stream }) => stream), ...subscriptions, ...counts])
      expect(await ended).toMatchObject(REVOKED);
  });

  it('holds from the first call on after the restart of one node, and of all', async () => {
    await revoke(0, 'ann');
    await cluster.nodes[1]!.kill();
    await expectRefused(await serveAgain(), 'ann');
    await Promise.all([...cluster.nodes, ...restarted].map((node) => node.kill()));
    await expectRefused(await serveAgain(), 'ann');
  });

  it('holds when Redis loses everything while a node runs', async () => {
    await revoke(0, 'ann');
    await cluster.redis.with((redis) => redis.flushall());
    // The nodes write back what they know.
    await eventually(async () => {
      const node = await serveAgain();
      return String((await refusalsBy(node, 'ann'))[0]).includes('was revoked');
    }, true);
  });

  it('makes nodes warn of a different maximum lifetime of tokens, because one node forgets it for all', async () => {
    const other = await build.serve({
      REDIS_URL: cluster.redis.url,
      AUTH_MAX_TOKEN_LIFETIME_MS: '60000',
    });
    restarted.push(other);
    for (const node of [...cluster.nodes, other])
      await node.says(/Other nodes have different values of AUTH_MAX_TOKEN_LIFETIME_MS/);
  });

  it.each([
    ['is still alive for the others', 1000],
    ['was declared dead by the others', 8000],
  ])('ends the streams of a node that was suspended, if it %s', async (_, pauseMs) => {
    const [suspended] = [cluster.nodes[1]!];
    const old = await clientOf(suspended, 'ann', 60);
    const { stream } = await old.connect();
    const subscription = old.subscribe();
    await subscription.beginning();
    suspended.signal('SIGSTOP');
    const since = Date.now();
    await revoke(0, 'ann');
    await eventually(() => Promise.resolve(Date.now() - since >= pauseMs), true);
    suspended.signal('SIGCONT');
    expect(await subscription.ended).toMatchObject(REVOKED);
    expect(await stream.ended).toMatchObject(REVOKED);
    await expectRefused(suspended, 'ann');
    const admin = await cluster.admin(0);
    await eventually(async () => (await admin.listSessions({ userId: 'ann' })).sessions.length, 0);
  });
});
