import { connect } from 'node:tls';
import type { RedisAddress } from '../../config/redis-url.js';

const TIMEOUT_MS = 1000;

/**
 * The reason why the certificate of a host fails verification. ioredis does not report it when it has several hosts, as
 * for Sentinels and clusters.
 */
export async function tlsErrorOf({ hosts }: RedisAddress): Promise<Error | undefined> {
  const errors = await Promise.all(hosts.map(errorOf));
  return errors.find((error) => error !== undefined);
}

function errorOf({ host, port }: RedisAddress['hosts'][number]): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: TIMEOUT_MS });
    const end = (error?: Error): void => {
      socket.destroy();
      resolve(error);
    };
    socket.on('error', end);
    socket.once('secureConnect', () => end());
    socket.once('timeout', () => end());
  });
}
