import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { StoreNode } from '../../../test/support/store-node.js';
import { TokenSealer } from '../../sealed-tokens/token-sealer.js';
import { Keys } from './keys.js';

// An emptied Redis is logged as a fault.
Logger.overrideLogger(false);

const PREFIX = 'secret-test:';
const { sealingSecret } = new Keys(PREFIX);

let server: RedisServer;
let nodes: StoreNode[] = [];
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());
beforeEach(async () => {
  await startNode();
  await startNode();
});
afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  nodes = [];
  await server.with((redis) => redis.flushall());
});

async function startNode(): Promise<void> {
  nodes.push(await StoreNode.start(server.url, PREFIX));
}

function sealAt(node: number): TokenSealer {
  return new TokenSealer(nodes[node]!.sealingKeys, 'test');
}

function secrets(): readonly string[] {
  return nodes.map(({ sealingKeys }) => sealingKeys.current);
}

describe('Nodes that share a Redis', () => {
  it('read the tokens of one another, and those of a node that has stopped', async () => {
    const token = sealAt(0).seal(Buffer.from('alice'));
    expect(sealAt(1).open(token)).toEqual(Buffer.from('alice'));
    await nodes.shift()!.stop();
    await startNode();
    expect(sealAt(1).open(token)).toEqual(Buffer.from('alice'));
  });

  it('do not read those of another service on the same server', async () => {
    const other = await StoreNode.start(server.url, 'another:');
    const token = new TokenSealer(other.sealingKeys, 'test').seal(Buffer.from('alice'));
    expect(sealAt(0).open(token)).toBeUndefined();
    await other.stop();
  });

  it('give an emptied one its secret back', async () => {
    const [secret] = secrets();
    await server.with((redis) => redis.flushall());
    await eventually(() => server.with((redis) => redis.get(sealingSecret)), secret);
    expect(secrets()).toEqual([secret, secret]);
  });

  it('take up the one that they find there, be it that of a node that came first after it was emptied', async () => {
    const token = sealAt(0).seal(Buffer.from('alice'));
    await server.with((redis) => redis.set(sealingSecret, 'another secret'));
    await startNode();
    await eventually(
      secrets,
      nodes.map(() => 'another secret'),
    );
    expect([0, 1].map((node) => sealAt(node).open(token)?.toString())).toEqual(['alice', 'alice']);
    expect(sealAt(2).open(token)).toBeUndefined();
    expect(
      sealAt(2)
        .open(sealAt(0).seal(Buffer.from('bob')))
        ?.toString(),
    ).toBe('bob');
  });
});
