import type { Config } from '../../config/config.js';
import type { RedisAddress } from '../../config/redis-url.js';
import type { Policy } from '../../domain/policy.js';
import type { SealingKeys } from '../../sealed-tokens/sealing-keys.js';
import type { RedisPassword } from './redis-password.js';

/** The options of `RedisPresenceStore`. */
export interface RedisStoreOptions {
  readonly address: RedisAddress;
  /** Replaces the password in the address. */
  readonly password?: RedisPassword | undefined;
  readonly keyPrefix: string;
  readonly policy: Policy;
  readonly access: Config['access'];
  /** Only compared with the other nodes. Undefined: tokens have no maximum lifetime. */
  readonly maxTokenLifetimeMs?: number | undefined;
  /** Milliseconds after which an update or a read that waits for Redis fails with STORE_UNAVAILABLE. */
  readonly timeoutMs: number;
  /** Above this number of pub/sub messages per second from one Redis server, the nodes send their batches at ticks. */
  readonly maxMessagesPerSecond: number;
  /** The number of batches that the node loads from all partition logs when it starts. */
  readonly logSize: number;
  /** For how long the partition logs keep a batch, in milliseconds, but at least for a minute. */
  readonly historyMs: number;
  /** The maximum size of the log of each partition in bytes. */
  readonly maxLogBytes: number;
  readonly maxOfflineUsers: number;
  /** The keys of tokens, which the store keeps the same on all nodes. */
  readonly sealingKeys: SealingKeys;
  readonly now: () => number;
  /** Called with the milliseconds by which the shared clock is ahead of `performance.now()`. */
  readonly follow: (aheadMs: number) => void;
  /** Milliseconds between two checks of the settings of Redis. The default is one minute. */
  readonly watchServerEveryMs?: number;
}
