import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of the Redis that the nodes of all services of a run share. */
    redisUrl: string;
  }
}

/** The number of nodes of the service in a test. */
export const NODES = Number(process.env.PRESENCE_TEST_NODES ?? '1');

/** Whether the clients of the tests call over HTTP, as browsers do, instead of gRPC. */
export const OVER_HTTP = process.env.PRESENCE_TEST_OVER === 'HTTP';

/** Whether the tests run in the night, when large ones may take minutes. */
export const NIGHTLY = process.env.PRESENCE_TEST_NIGHTLY === 'true';

/** Settings that make nodes one service and separate it from the services of other tests. */
export function sharedSettings(): Readonly<Record<string, string>> {
  if (NODES === 1) return {};
  return {
    REDIS_URL: inject('redisUrl'),
    REDIS_KEY_PREFIX: `test-${randomBytes(6).toString('hex')}:`,
  };
}
