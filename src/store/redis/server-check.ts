import { ConfigError } from '../../config/config-error.js';
import type { RedisPort } from './redis-port.js';

const OLDEST_VERSION = 7;

/** Refuses a server that could not keep what it is given, with a sentence that says what to change. */
export async function checkServer(port: RedisPort): Promise<void> {
  const [server, memory] = await Promise.all([port.info('server'), port.info('memory')]);
  const version = server.get('redis_version') ?? server.get('valkey_version') ?? '';
  if (Number.parseInt(version, 10) < OLDEST_VERSION) {
    throw new ConfigError([
      `REDIS_URL: version ${version} is too old; Redis ${OLDEST_VERSION} or Valkey is needed.`,
    ]);
  }
  const policy = memory.get('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    throw new ConfigError([
      `REDIS_URL: the server has maxmemory-policy ${policy}, by which it throws users away; set it to noeviction.`,
    ]);
  }
}
