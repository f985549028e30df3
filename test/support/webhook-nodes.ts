import type { Build, ServerProcess } from './built-server.js';
import { partitionOf, PARTITIONS } from '../../src/store/redis/keys.js';
import { eventually } from './eventually.js';
import { WebhookReceiver } from './webhook-receiver.js';

const VISIT = ['user_online', 'user_offline'];

/** Nodes in processes of their own that deliver webhooks to one receiver. */
export class WebhookNodes {
  readonly nodes: ServerProcess[] = [];
  private visitors = 0;

  private constructor(
    private readonly build: Build,
    private readonly redisUrl: string,
    readonly backend: WebhookReceiver,
  ) {}

  static async with(build: Build, redisUrl: string): Promise<WebhookNodes> {
    return new WebhookNodes(build, redisUrl, await WebhookReceiver.start());
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    await this.backend.stop();
  }

  /** Starts a node. Its requests arrive at a path with its number, from 0. */
  async start(more: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const number = this.nodes.length;
    const settings = {
      REDIS_URL: this.redisUrl,
      DRAIN_TIMEOUT_MS: '100',
      ...this.backend.settings,
      WEBHOOK_URL: `${this.backend.url}/${number}`,
      ...more,
    };
    const fixed = { webhookRetryMs: 20, webhookTimeoutMs: 1000 };
    const node = await this.build.serve(settings, { fixed });
    this.nodes.push(node);
    return node;
  }

  /** Connects and disconnects users, and returns their ids. Waits while the service is unavailable. */
  async visits(node: ServerProcess, count = 20): Promise<readonly string[]> {
    const ids = Array.from({ length: count }, () => `user ${this.visitors++}`);
    for (const id of ids) {
      const client = await node.client(id);
      let end = async (): Promise<void> => {};
      await eventually(async () => {
        try {
          const { stream } = await client.connect();
          end = async () => {
            stream.cancel();
            await stream.ended;
          };
          return 'connected';
        } catch (error) {
          return error;
        }
      }, 'connected');
      await end();
    }
    return ids;
  }

  /** As `visits`, with users of every partition. */
  async visitsEverywhere(node: ServerProcess): Promise<readonly string[]> {
    const ids: string[] = [];
    const seen = new Set<number>();
    while (seen.size < PARTITIONS) {
      seen.add(partitionOf(`user ${this.visitors}`));
      ids.push(...(await this.visits(node, 1)));
    }
    return ids;
  }

  /** Waits until every event of these users was taken, in order and without a missing one. */
  async areTaken(users: readonly string[]): Promise<void> {
    await eventually(
      () => users.map((id) => this.backend.typesOf(id)),
      users.map(() => VISIT),
    );
  }

  /** The number of repeated events: those whose id was taken before. */
  get repeated(): number {
    const ids = this.backend.taken.map(({ id }) => id);
    return ids.length - new Set(ids).size;
  }

  /** The number of requests of a node so far. */
  requestsOf(node: ServerProcess): number {
    const path = `/hook/${this.nodes.indexOf(node)}`;
    return this.backend.requests.filter((request) => request.path === path).length;
  }
}
