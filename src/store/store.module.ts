import { Module } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { Config } from '../config/config.js';
import { SealingKeys } from '../sealed-tokens/sealing-keys.js';
import { CommitHistory } from './commit-history.js';
import { Listening } from './listening.js';
import { MemoryCommitHistory } from './memory/memory-commit-history.js';
import { MemoryPresenceStore } from './memory/memory-presence-store.js';
import { RedisPassword } from './redis/redis-password.js';
import { RedisPresenceStore } from './redis/redis-presence-store.js';
import { MemoryPartitionLeases } from './memory/memory-partition-leases.js';
import { PartitionLeases } from './partition-leases.js';
import { PresenceStore } from './presence-store.js';

function createStore(
  config: Config,
  clock: Clock,
  sealingKeys: SealingKeys,
  password: RedisPassword | undefined,
): PresenceStore {
  const { redis, auth, policy, access, streams, limits, fixed } = config;
  const maxOfflineUsers = limits.offlineUsers;
  if (redis.address === undefined) return new MemoryPresenceStore({ maxOfflineUsers });
  return new RedisPresenceStore({
    ...{ policy, access, maxOfflineUsers, sealingKeys },
    maxTokenLifetimeMs: auth.maxTokenLifetimeMs,
    address: redis.address,
    password,
    keyPrefix: redis.keyPrefix,
    timeoutMs: fixed.storeTimeoutMs,
    maxMessagesPerSecond: fixed.redisMessagesPerSecond,
    logSize: fixed.eventLogSize,
    historyMs: streams.maxEventAgeMs,
    maxLogBytes: fixed.maxPartitionLogBytes,
    now: () => clock.now(),
    follow: (aheadMs) => clock.follow(aheadMs),
  });
}

/** Provides the presence store (in memory or in Redis), the history of its commits, the keys of tokens and `Listening`. */
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
    {
      provide: CommitHistory,
      inject: [PresenceStore],
      useFactory: (store: PresenceStore): CommitHistory =>
        store instanceof RedisPresenceStore ? store.history : new MemoryCommitHistory(store),
    },
    {
      provide: PartitionLeases,
      inject: [PresenceStore],
      useFactory: (store: PresenceStore): PartitionLeases =>
        store instanceof RedisPresenceStore ? store.leases : new MemoryPartitionLeases(),
    },
  ],
  exports: [CommitHistory, Listening, PartitionLeases, PresenceStore, SealingKeys],
})
export class StoreModule {}
