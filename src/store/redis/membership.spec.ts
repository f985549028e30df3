import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RedisServer } from '../../../test/support/redis-server.js';
import { redisUrl } from '../../config/redis-url.js';
import { Membership } from './membership.js';
import { RedisClient } from './redis-client.js';

const BEAT_MS = 500;
const LEASE_MS = 3000;

describe('Membership', () => {
  let server: RedisServer;
  beforeAll(async () => void (server = await RedisServer.start()));
  afterAll(() => server.stop());

  let port: RedisClient;
  let now: number;
  let ann: Membership;
  let bob: Membership;
  let spaces = 0;
  let key: string;
  beforeEach(async () => {
    port = RedisClient.open(redisUrl.read(server.url)!, () => {});
    await port.ready(5000);
    now = 0;
    key = `beats ${spaces++}`;
    const shared = {
      port,
      key,
      leaseMs: LEASE_MS,
      beatMs: BEAT_MS,
      uptime: () => now,
      onLost: () => {},
    };
    ann = new Membership({ ...shared, node: () => 'ann' });
    bob = new Membership({ ...shared, node: () => 'bob' });
    await bob.heartbeat();
    await ann.heartbeat();
  });
  afterEach(() => port.close());

  /** Advances the time while these nodes send their heartbeats. */
  async function pass(ms: number, ...nodes: readonly Membership[]): Promise<void> {
    for (const end = now + ms; now < end;) {
      now += BEAT_MS;
      for (const node of nodes) await node.heartbeat();
    }
  }

  it('counts a node as alive while its counter moves', async () => {
    await pass(10 * LEASE_MS, ann, bob);
    expect(ann.isAlive('bob')).toBe(true);
    expect([...ann.alive()].sort()).toEqual(['ann', 'bob']);
  });

  it('counts no node as dead while Redis loses the counters again and again', async () => {
    for (let i = 0; i < 10; i++) {
      await pass(BEAT_MS, ann);
      await port.removeField(key, 'ann');
      await port.removeField(key, 'bob');
    }
    expect(ann.isAlive('bob')).toBe(true);
    await pass(LEASE_MS + BEAT_MS, ann);
    expect(ann.isAlive('bob')).toBe(false);
  });

  it('counts a node as dead when its counter has stood still for a lease', async () => {
    await pass(LEASE_MS - BEAT_MS, ann);
    expect(ann.isAlive('bob')).toBe(true);
    await pass(BEAT_MS, ann);
    expect(ann.isAlive('bob')).toBe(false);
    expect(ann.alive()).toEqual(['ann']);
  });

  it('declares no node dead after it could not read the counters itself', async () => {
    now += 10 * LEASE_MS;
    expect(ann.isAlive('bob')).toBe(true);
    await ann.heartbeat();
    expect(ann.isAlive('bob')).toBe(true);
    await pass(LEASE_MS, ann);
    expect(ann.isAlive('bob')).toBe(false);
  });

  it('waits for the length of a lease before it declares an unknown node dead', async () => {
    expect(ann.isAlive('cat')).toBe(true);
    await pass(LEASE_MS, ann);
    expect(ann.isAlive('cat')).toBe(false);
  });

  it('does not wait for a node that has left', async () => {
    await bob.leave('bob');
    await ann.heartbeat();
    expect(ann.alive()).toEqual(['ann']);
  });

  it('remembers dead nodes until their counters are removed', async () => {
    await pass(60_000 + BEAT_MS, ann);
    expect(ann.expired(60_000)).toEqual(['bob']);
    await ann.leave('bob');
    expect(ann.expired(60_000)).toEqual([]);
  });
});
