import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The Redis that is shared by the nodes of all services of a run. */
    redisUrl: string;
  }
}

/** How many nodes the service of a test has. */
export const NODES = Number(process.env.PRESENCE_TEST_NODES ?? '1');

/** Whether the clients of the tests call over HTTP, as browsers do, and not over gRPC. */
export const OVER_HTTP = process.env.PRESENCE_TEST_OVER === 'HTTP';

/** What nodes need to be one service, which has nothing in common with that of another test. */
export function sharedSettings(): Readonly<Record<string, string>> {
  if (NODES === 1) return {};
  return {
    REDIS_URL: inject('redisUrl'),
    REDIS_KEY_PREFIX: `test-${randomBytes(6).toString('hex')}:`,
  };
}
