import { FIXED_LIMITS } from '../../src/config/fixed-limits.js';
import { redisUrl } from '../../src/config/redis-url.js';
import type { Input } from '../../src/domain/input.js';
import type { Policy } from '../../src/domain/policy.js';
import { step, type Step } from '../../src/domain/step.js';
import { RedisPresenceStore } from '../../src/store/redis/redis-presence-store.js';
import type { RedisStoreOptions } from '../../src/store/redis/redis-store-options.js';
import { SealingKeys } from '../../src/sealed-tokens/sealing-keys.js';
import { newLog } from './log.js';
import { connect, POLICY } from './play.js';

/** Long enough that no user becomes IDLE during a test. */
const PATIENT: Policy = { ...POLICY, idleTimeoutMs: 60_000 };

/** Creates a store on Redis without starting it. */
export function newRedisStore(
  url: string,
  keyPrefix: string,
  policy: Policy = POLICY,
  options: Partial<RedisStoreOptions> = {},
): RedisPresenceStore {
  return new RedisPresenceStore({
    ...options,
    address: redisUrl.read(url)!,
    keyPrefix,
    policy,
    access: { visibility: 'everyone', channelAccess: 'any' },
    // Far longer than a commit takes on a busy machine.
    timeoutMs: options.timeoutMs ?? 600_000,
    maxMessagesPerSecond: options.maxMessagesPerSecond ?? FIXED_LIMITS.redisMessagesPerSecond,
    logSize: 10_000,
    historyMs: options.historyMs ?? 300_000,
    maxLogBytes: options.maxLogBytes ?? 160_000_000,
    maxOfflineUsers: options.maxOfflineUsers ?? 1000,
    sealingKeys: options.sealingKeys ?? new SealingKeys(),
    now: options.now ?? (() => Date.now()),
    follow: () => {},
  });
}

/** A node without its network, and the events that it has announced so far, in short form. */
export class StoreNode {
  readonly eventLines: string[] = [];
  readonly ended: string[] = [];
  readonly log = newLog();

  private constructor(
    readonly store: RedisPresenceStore,
    readonly sealingKeys: SealingKeys,
  ) {
    store.partitionResets.subscribe((position) => this.log.begin(position));
    store.commits.subscribe(({ user, events, ended, position }) => {
      if (events.length > 0) this.log.append(events, position);
      // A flush may happen at any time, even while the node starts.
      this.log.seal();
      for (const { change, reason } of events) {
        this.eventLines.push(`${user.userId} ${change.kind} ${reason}`);
      }
      this.ended.push(...ended.map(({ sessionId }) => sessionId));
    });
  }

  static async start(
    url: string,
    keyPrefix: string,
    options: Partial<RedisStoreOptions> = {},
  ): Promise<StoreNode> {
    const sealingKeys = new SealingKeys();
    const store = newRedisStore(url, keyPrefix, PATIENT, { ...options, sealingKeys });
    const node = new StoreNode(store, sealingKeys);
    await node.store.onModuleInit();
    return node;
  }

  perform(userId: string, input: Input): Promise<Step> {
    return this.store.update(userId, (user) => step(user, input, Date.now(), PATIENT));
  }

  connect(userId: string, sessionId: string): Promise<Step> {
    return this.perform(userId, connect(sessionId, { node: this.store.status.node }));
  }

  async sessionsOf(userId: string): Promise<readonly string[]> {
    const { sessions } = await this.store.get({ userId });
    return sessions.map(({ sessionId }) => sessionId);
  }

  /** The status that others see, after everything that was acknowledged is known. */
  async status(userId: string): Promise<string> {
    await this.store.view.awaitCurrent();
    return this.store.view.presence(userId).status;
  }

  stop(): Promise<void> {
    return this.store.onApplicationShutdown();
  }
}
