import type { Build, ServerProcess } from './built-server.js';
import type { Client } from './client.js';
import { RedisServer } from './redis-server.js';
import { tokenOf } from './service.js';

/** Several nodes in separate processes, and the Redis that they share. */
export class Cluster {
  private constructor(
    readonly redis: RedisServer,
    readonly nodes: readonly ServerProcess[],
  ) {}

  /** `settings` are environment variables of every node. */
  static async start(
    build: Build,
    size: number,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Cluster> {
    const redis = await RedisServer.start();
    const all = { REDIS_URL: redis.url, ...settings };
    const starting = Array.from({ length: size }, () => build.serve(all));
    return new Cluster(redis, await Promise.all(starting));
  }

  /** Returns a client of one node. */
  client(node: number, userId: string): Promise<Client> {
    return this.nodes[node]!.client(userId);
  }

  /** Returns a client of one node that has the scope `presence:admin`. */
  async admin(node: number): Promise<Client> {
    return this.nodes[node]!.clientWithToken(await tokenOf('admin', { isAdmin: true }));
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    await this.redis.stop();
  }
}
