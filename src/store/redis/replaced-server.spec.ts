import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { join } from '../../../test/support/play.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { StoreNode } from '../../../test/support/store-node.js';
import { TcpProxy } from '../../../test/support/tcp-proxy.js';

// This test causes faults deliberately.
Logger.overrideLogger(false);

describe('A node whose Redis is replaced behind one address', () => {
  let primary: RedisServer;
  let replica: RedisServer;
  let address: TcpProxy;
  let node: StoreNode;
  beforeEach(async () => {
    primary = await RedisServer.start(['--repl-diskless-sync-delay', '0']);
    replica = await RedisServer.start(['--replicaof', '127.0.0.1', `${primary.port}`]);
    await eventually(() => isInStep(replica), true);
    address = await TcpProxy.to(primary.port);
    node = await StoreNode.start(`redis://127.0.0.1:${address.port}`, 'test:', {
      timeoutMs: 1000,
    });
    await node.connect('ann', 's');
  });
  afterEach(async () => {
    await node.stop();
    address.close();
    await Promise.all([primary.stop(), replica.stop()]);
  });

  it('connects to the new primary although the demoted one keeps its connections', async () => {
    await promote(replica);
    address.pointAt(replica.port);
    await follow(primary, replica);
    await eventually(() => outcomeOf(join('s', 'lobby')), 'OK');
    await eventually(() => node.store.status.problem, undefined);
    // The subscriber must not stay connected to the server that is now a replica.
    await eventually(() => subscribersOf(replica), 1);
    expect(await subscribersOf(primary)).toBe(0);
  });

  it('is not ready while the address leads to a replica, and recovers after its promotion', async () => {
    await follow(primary, replica);
    await promote(replica);
    const replicaOnly = /is a replica/;
    await eventually(() => replicaOnly.test(node.store.status.problem ?? ''), true);
    for (let i = 0; i < 20; i++) {
      await node.store.view.awaitCurrent().catch(() => {});
      expect(node.store.status.problem).toBeDefined();
    }
    await promote(primary);
    await eventually(() => outcomeOf(join('s', 'lobby')), 'OK');
    await eventually(() => node.store.status.problem, undefined);
  });

  it('connects to the new primary after the demoted one has closed its connections', async () => {
    await promote(replica);
    await primary.with((redis) => redis.config('SET', 'replica-serve-stale-data', 'no'));
    // The new primary is unreachable, so the demoted server responds with MASTERDOWN.
    await primary.with((redis) => redis.call('REPLICAOF', '127.0.0.1', '1'));
    address.pointAt(replica.port);
    await eventually(() => outcomeOf(join('s', 'lobby')), 'OK');
    await eventually(() => subscribersOf(replica), 1);
  });

  async function outcomeOf(input: ReturnType<typeof join>): Promise<string> {
    return node.perform('ann', input).then(
      () => 'OK',
      ({ reason }: { readonly reason: string }) => reason,
    );
  }
});

describe('A node whose password is changed while it runs', () => {
  it.each([
    { name: 'another', before: 'right', during: 'rotated', says: /rejects .* password.*WRONGPASS/ },
    { name: 'one at all', before: '', during: 'new', says: /requires a password.*NOAUTH/ },
  ])(
    'to $name logs it, keeps retrying, and recovers when the password is right again',
    async (password) => {
      const { before, during, says } = password;
      const settings = before === '' ? [] : ['--requirepass', before];
      const redis = await RedisServer.start(settings, { username: 'default', password: before });
      const address = await TcpProxy.to(redis.port);
      const user = before === '' ? '' : `:${before}@`;
      const url = `redis://${user}127.0.0.1:${address.port}`;
      const node = await StoreNode.start(url, 'test:', { timeoutMs: 100 });
      await node.connect('ann', 's');
      // Open connections keep their permissions.
      await redis.with(async (admin) => {
        await admin.config('SET', 'requirepass', during);
        address.cut();
        await eventually(() => says.test(node.store.status.problem ?? ''), true);
        await expect(node.perform('ann', join('s', 'lobby'))).rejects.toMatchObject({
          reason: 'STORE_UNAVAILABLE',
        });
        expect(node.store.status.problem).toMatch(says);
        await admin.config('SET', 'requirepass', before);
      });
      await eventually(() => node.store.status.problem, undefined);
      await node.perform('ann', join('s', 'kitchen'));
      await node.stop();
      address.close();
      await redis.stop();
    },
  );
});

async function promote(server: RedisServer): Promise<void> {
  await server.with((redis) => redis.call('REPLICAOF', 'NO', 'ONE'));
}

async function follow(server: RedisServer, primary: RedisServer): Promise<void> {
  await server.with((redis) => redis.call('REPLICAOF', '127.0.0.1', `${primary.port}`));
}

async function isInStep(replica: RedisServer): Promise<boolean> {
  const text = await replica.with((redis) => redis.info('replication'));
  return text.includes('master_link_status:up');
}

/** The number of pub/sub connections to a server. */
async function subscribersOf(server: RedisServer): Promise<number> {
  const text = await server.with((redis) => redis.call('CLIENT', 'LIST', 'TYPE', 'pubsub'));
  return String(text).split('\n').filter(Boolean).length;
}
