import { eventually } from './eventually.js';
import { RedisServer } from './redis-server.js';

const MASTER_NAME = 'presence';
const SENTINELS = 3;
const QUORUM = 2;

/** A master with a replica, and three Sentinels that promote the replica if the master fails. */
export class RedisSentinels {
  private constructor(
    private readonly master: RedisServer,
    private readonly replica: RedisServer,
    private readonly sentinels: readonly RedisServer[],
  ) {}

  static async start(): Promise<RedisSentinels> {
    const master = await RedisServer.start();
    const replica = await RedisServer.start(['--replicaof', '127.0.0.1', String(master.port)]);
    const sentinels = await Promise.all(
      Array.from({ length: SENTINELS }, () => RedisServer.sentinelOf(master, MASTER_NAME, QUORUM)),
    );
    const all = new RedisSentinels(master, replica, sentinels);
    await eventually(() => all.areAcquainted(), true);
    return all;
  }

  get url(): string {
    const hosts = this.sentinels.map(({ port }) => `127.0.0.1:${port}`);
    return `redis-sentinel://${hosts.join(',')}#${MASTER_NAME}`;
  }

  /** Kills the master without warning. */
  killMaster(): Promise<void> {
    return this.master.kill();
  }

  async stop(): Promise<void> {
    await Promise.all([this.master, this.replica, ...this.sentinels].map((one) => one.stop()));
  }

  /**
   * Whether each Sentinel knows the others and the replica. Before that, they would not agree on a
   * new master.
   */
  private async areAcquainted(): Promise<boolean> {
    const known = await Promise.all(
      this.sentinels.map((sentinel) =>
        sentinel.with(async (redis) => {
          const text = await redis.info('sentinel');
          return text.includes(`slaves=1,sentinels=${SENTINELS}`);
        }),
      ),
    );
    return known.every(Boolean);
  }
}
