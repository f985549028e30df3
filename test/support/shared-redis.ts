import type { TestProject } from 'vitest/node';
import { RedisServer } from './redis-server.js';

/** One Redis for a whole run of tests, which each take a key space of their own in it. */
export default async function startRedis(project: TestProject): Promise<() => Promise<void>> {
  const server = await RedisServer.start();
  project.provide('redisUrl', server.url);
  return () => server.stop();
}
