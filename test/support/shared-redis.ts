import type { TestProject } from 'vitest/node';
import { RedisServer } from './redis-server.js';

/** Starts one Redis for all tests of a run. Each test uses its own key prefix. */
export default async function startRedis(project: TestProject): Promise<() => Promise<void>> {
  const server = await RedisServer.start();
  project.provide('redisUrl', server.url);
  return () => server.stop();
}
