import { redisUrl } from '../../src/config/redis-url.js';
import type { Input } from '../../src/domain/input.js';
import type { Policy } from '../../src/domain/policy.js';
import { step, type Step } from '../../src/domain/step.js';
import {
  RedisPresenceStore,
  type RedisStoreOptions,
} from '../../src/store/redis/redis-presence-store.js';
import { newLog } from './log.js';
import { connect, POLICY } from './play.js';

/** Nobody turns IDLE while a test waits for something else. */
const PATIENT: Policy = { ...POLICY, idleTimeoutMs: 60_000 };

/** A store on Redis that has not been started. */
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
    logSize: 10_000,
    maxOfflineUsers: 1000,
    now: () => Date.now(),
    follow: () => {},
  });
}

/** A node without its network, with what it has told of so far in a few words. */
export class StoreNode {
  readonly told: string[] = [];
  readonly ended: string[] = [];
  readonly log = newLog();

  private constructor(readonly store: RedisPresenceStore) {
    store.onPartitionReset((origin) => this.log.begin(origin));
    store.onCommit(({ user, events, ended }, origin) => {
      if (events.length > 0) this.log.append(events, origin);
      // A round may come at any time, also while the node is still starting.
      this.log.seal();
      for (const { change, reason } of events) {
        this.told.push(`${user.userId} ${change.kind} ${reason}`);
      }
      this.ended.push(...ended.map(({ sessionId }) => sessionId));
    });
  }

  static async start(
    url: string,
    keyPrefix: string,
    options: Partial<RedisStoreOptions> = {},
  ): Promise<StoreNode> {
    const node = new StoreNode(newRedisStore(url, keyPrefix, PATIENT, options));
    await node.store.onModuleInit();
    return node;
  }

  perform(userId: string, input: Input): Promise<Step> {
    return this.store.update(userId, (user) => step(user, input, Date.now(), PATIENT));
  }

  connect(userId: string, sessionId: string): Promise<Step> {
    return this.perform(userId, connect(sessionId, { node: this.store.node }));
  }

  async sessionsOf(userId: string): Promise<readonly string[]> {
    const { sessions } = await this.store.get(userId);
    return sessions.map(({ sessionId }) => sessionId);
  }

  /** As others see it, once everything is known that was acknowledged. */
  async status(userId: string): Promise<string> {
    await this.store.awaitCurrent();
    return this.store.view.presence(userId).status;
  }

  stop(): Promise<void> {
    return this.store.onApplicationShutdown();
  }
}
