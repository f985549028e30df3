import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from './world.js';

/** The size of one write while memory is full, and its interval. */
const FILLER_BYTES = 20_000;
const FILL_EVERY_MS = 20;

/**
 * Redis fails over behind one address. The demoted server keeps running and keeps its connections.
 */
export async function demote(world: World): Promise<void> {
  const fault = world.history.begin('Redis lost', []);
  const port = await world.redis.demote();
  for (const { redisLink } of world.nodes) redisLink.leadTo(port);
  fault.until = Date.now();
}

/**
 * Redis has an eviction policy and its memory is full: each write evicts keys that were not used
 * recently.
 */
export async function evict(world: World, ms: number): Promise<void> {
  const fault = world.history.begin('Redis lost', []);
  await world.redis.with(async (redis) => {
    const [, used] = /used_memory:(\d+)/.exec(await redis.info('memory'))!;
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await redis.config('SET', 'maxmemory', used!);
    const fillers: string[] = [];
    for (const until = Date.now() + ms; Date.now() < until; await sleep(FILL_EVERY_MS)) {
      const filler = `filler ${fillers.length}`;
      fillers.push(filler);
      // Redis rejects the write when there is nothing left to evict.
      await redis.set(filler, 'x'.repeat(FILLER_BYTES)).catch(() => {});
    }
    await redis.config('SET', 'maxmemory', '0');
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
    await redis.unlink(fillers);
  });
  fault.until = Date.now();
}
