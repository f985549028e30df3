import { Module } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { Config } from '../config/config.js';
import { SealingKeys } from '../sealed-tokens/sealing-keys.js';
import { Listening } from './listening.js';
import { MemoryPresenceStore } from './memory/memory-presence-store.js';
import { RedisPassword } from './redis/redis-password.js';
import { RedisPresenceStore } from './redis/redis-presence-store.js';
import { PresenceStore } from './presence-store.js';

function createStore(
  config: Config,
  clock: Clock,
  sealingKeys: SealingKeys,
  password: RedisPassword | undefined,
): PresenceStore {
  const { redis, auth, policy, access, limits, fixed } = config;
  const maxOfflineUsers = limits.offlineUsers;
  if (redis.address === undefined) return new MemoryPresenceStore({ maxOfflineUsers });
  return new RedisPresenceStore({
    ...{ policy, access, maxOfflineUsers, sealingKeys },
    maxTokenLifetimeMs: auth.maxTokenLifetimeMs,
    address: redis.address,
    password,
    keyPrefix: redis.keyPrefix,
    logSize: fixed.eventLogSize,
    now: () => clock.now(),
    follow: (aheadMs) => clock.follow(aheadMs),
  });
}

/** Provides the presence store (in memory or in Redis), the keys of tokens and `Listening`. */
@Module({
  providers: [
    Listening,
    SealingKeys,
    {
      provide: RedisPassword,
      inject: [Config],
      useFactory: async ({ redis: { passwordFile } }: Config) =>
        passwordFile === undefined ? undefined : await RedisPassword.open(passwordFile),
    },
    {
      provide: PresenceStore,
      inject: [Config, Clock, SealingKeys, { token: RedisPassword, optional: true }],
      useFactory: createStore,
    },
  ],
  exports: [Listening, PresenceStore, SealingKeys],
})
export class StoreModule {}
