import type { Redis } from 'ioredis';
import { RedisServer } from '../support/redis-server.js';
import { FaultyLink } from './faulty-link.js';

/** A Redis and, optionally, a replica that can be partitioned from it and promoted. */
export class RedisPair {
  private constructor(
    private main: RedisServer,
    private replica: RedisServer | undefined,
    private readonly replication: FaultyLink | undefined,
  ) {}

  static async start(withReplica: boolean): Promise<RedisPair> {
    const main = await RedisServer.start(['--repl-diskless-sync-delay', '0']);
    if (!withReplica) return new RedisPair(main, undefined, undefined);
    const replication = await FaultyLink.to(main.port);
    const settings = ['--replicaof', '127.0.0.1', String(replication.port)];
    return new RedisPair(main, await RedisServer.start(settings), replication);
  }

  /** The server that the nodes use. */
  get server(): RedisServer {
    return this.main;
  }

  with<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    return this.main.with(work);
  }

  /** Stops replication: the replica receives no more writes. */
  loseReplication(): void {
    this.replication!.treat('drop');
  }

  /** Promotes the replica with the data it has. Returns its port. */
  async failOver(): Promise<number> {
    await this.main.kill();
    await this.replica!.with((redis) => redis.call('REPLICAOF', 'NO', 'ONE'));
    this.replication!.close();
    const old = this.main;
    this.main = this.replica!;
    await old.stop();
    return this.main.port;
  }

  /**
   * Promotes the replica and makes the old master its replica. Returns the port of the new master.
   */
  async demote(): Promise<number> {
    const [old, next] = [this.main, this.replica!];
    await next.with((redis) => redis.call('REPLICAOF', 'NO', 'ONE'));
    await old.with((redis) => redis.call('REPLICAOF', '127.0.0.1', `${next.port}`));
    [this.main, this.replica] = [next, old];
    return next.port;
  }

  async stop(): Promise<void> {
    this.replication?.close();
    await Promise.all([this.main.stop(), this.replica?.stop()]);
  }
}
