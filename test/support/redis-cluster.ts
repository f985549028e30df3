import { spawnSync } from 'node:child_process';
import type { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { RedisServer } from './redis-server.js';

const MASTERS = 3;

/** An empty Redis Cluster of three masters. */
export class RedisCluster {
  private constructor(private readonly servers: readonly RedisServer[]) {}

  /** `replicas` is the number of replicas of each master. */
  static async start(replicas = 0): Promise<RedisCluster> {
    const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'];
    const nodes = await Promise.all(
      Array.from({ length: MASTERS * (1 + replicas) }, async () => {
        // The default is the port plus 10,000, which may be in use or too high.
        const busPort = await freePort();
        const server = await RedisServer.start([...settings, '--cluster-port', String(busPort)]);
        return { server, address: `127.0.0.1:${server.port}@${busPort}` };
      }),
    );
    const servers = nodes.map(({ server }) => server);
    const addresses = nodes.map(({ address }) => address);
    const made = spawnSync('redis-cli', [
      ...['--cluster', 'create', ...addresses, '--cluster-yes'],
      ...['--cluster-replicas', String(replicas)],
    ]);
    if (made.status !== 0) throw new Error(`no cluster: ${String(made.stdout)}`);
    const cluster = new RedisCluster(servers);
    await eventually(() => cluster.replicasInStep(), MASTERS * replicas);
    return cluster;
  }

  get url(): string {
    return this.servers.map(({ url }) => url).join(',');
  }

  /** Runs a function with a connection to each server. */
  async each(work: (redis: Redis) => Promise<unknown>): Promise<void> {
    await Promise.all(this.servers.map((server) => server.with(work)));
  }

  async flush(): Promise<void> {
    await this.each((redis) => redis.flushall());
  }

  /** Kills a master without warning. */
  async killMaster(): Promise<void> {
    // `redis-cli` makes the first servers masters.
    await this.servers[0]!.kill();
  }

  /** Whether the other masters reject commands because one master is down. */
  async isDown(): Promise<boolean> {
    const info = await this.servers[1]!.with((redis) => redis.cluster('INFO'));
    return info.includes('cluster_state:fail');
  }

  /** Restarts the master without its data. */
  async restartMaster(): Promise<void> {
    await this.servers[0]!.restart();
  }

  /** Starts to migrate the slot of a key to another master, as resharding does. */
  async beginMove(key: string): Promise<{
    /** Migrates some of the keys. */
    readonly take: (...keys: readonly string[]) => Promise<void>;
    readonly end: () => Promise<void>;
  }> {
    const slot = await this.servers[0]!.with((redis) => redis.cluster('KEYSLOT', key));
    const counts = await Promise.all(
      this.servers.map((server) => server.with((redis) => redis.cluster('COUNTKEYSINSLOT', slot))),
    );
    const source = this.servers[counts.findIndex((count) => count > 0)]!;
    const target = this.servers.find((server) => server !== source)!;
    const [sourceId, targetId] = await Promise.all(
      [source, target].map((server) => server.with((redis) => redis.call('CLUSTER', 'MYID'))),
    );
    const set = (server: RedisServer, ...args: string[]): Promise<unknown> =>
      server.with((redis) => redis.call('CLUSTER', 'SETSLOT', slot, ...args));
    await set(target, 'IMPORTING', String(sourceId));
    await set(source, 'MIGRATING', String(targetId));
    return {
      take: async (...keys) => {
        for (const one of keys) {
          await source.with((redis) =>
            redis.call('MIGRATE', '127.0.0.1', target.port, one, 0, 5000),
          );
        }
      },
      end: async () => {
        for (const server of [target, source]) await set(server, 'NODE', String(targetId));
      },
    };
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  private async replicasInStep(): Promise<number> {
    const answers = await Promise.all(
      this.servers.map((server) => server.with((redis) => redis.info('replication'))),
    );
    return answers.filter((text) => text.includes('master_link_status:up')).length;
  }
}
