import { ConfigError } from '../../config/config-error.js';
import type { Keys } from './keys.js';
import type { RedisClient } from './redis-client.js';

const OLDEST_VERSION = 7;

/** The maximum number of keys in the message, because a wrong prefix can affect all keys. */
const MAX_NAMED = 3;

/** Rejects a server that could lose data. The error says what to change. */
export async function checkServer(port: RedisClient, keys: Keys): Promise<void> {
  for (const server of await port.info('server')) {
    const version = server.get('redis_version') ?? server.get('valkey_version') ?? '';
    if (Number.parseInt(version, 10) < OLDEST_VERSION) {
      throw new ConfigError([
        `REDIS_URL: version ${version} is too old; Redis ${OLDEST_VERSION} or Valkey is needed.`,
      ]);
    }
  }
  const fault = await faultOf(port, keys);
  if (fault !== undefined) throw new ConfigError([`REDIS_URL: ${fault}.`]);
}

/**
 * The reason why a server is not fit to store users. It can change while the server runs. Undefined: the server is fit.
 */
export async function faultOf(port: RedisClient, keys: Keys): Promise<string | undefined> {
  return (await evictionOf(port)) ?? (await wrongTypesIn(port, keys));
}

async function evictionOf(port: RedisClient): Promise<string | undefined> {
  const servers = await port.info('memory');
  const policies = servers.map((memory) => memory.get('maxmemory_policy') ?? 'noeviction');
  const policy = policies.find((name) => name !== 'noeviction');
  return policy === undefined
    ? undefined
    : `the server has maxmemory-policy ${policy}, which evicts users; set it to noeviction`;
}

async function wrongTypesIn(port: RedisClient, keys: Keys): Promise<string | undefined> {
  const all = [...keys.types];
  const types = await port.typesOf(all.map(([key]) => key));
  const wrong = all.flatMap(([key, type], i) =>
    types[i] === 'none' || types[i] === type ? [] : `${key} (${types[i]}, not ${type})`,
  );
  if (wrong.length === 0) return undefined;
  const named = wrong.slice(0, MAX_NAMED).join(', ') + (wrong.length > MAX_NAMED ? ', ...' : '');
  return `keys under REDIS_KEY_PREFIX have an unexpected type: ${named}; delete them, or choose another REDIS_KEY_PREFIX`;
}
