import type { FixedLimits } from '../../src/config/fixed-limits.js';
import type { Build, ServerProcess } from './built-server.js';
import { expect } from 'vitest';
import { partitionOf, PARTITIONS } from '../../src/store/redis/keys.js';
import type { OpenSession } from './client.js';
import { eventually } from './eventually.js';
import { WebhookReceiver, type ReceivedRequest } from './webhook-receiver.js';

const VISIT = ['user_online', 'user_offline'];

/** Nodes in processes of their own that deliver webhooks to one receiver. */
export class WebhookNodes {
  readonly nodes: ServerProcess[] = [];
  private visitors = 0;
  /** How often each user called `Connect`. */
  private readonly attempts = new Map<string, number>();
  /** When each user called `Connect` first, in milliseconds of the wall clock. */
  private readonly begun = new Map<string, number>();

  private constructor(
    private readonly build: Build,
    private readonly redisUrl: string,
    readonly backend: WebhookReceiver,
    private readonly userName: string,
  ) {}

  /** The ids of all users begin with `userName`. */
  static async with(build: Build, redisUrl: string, userName = 'user'): Promise<WebhookNodes> {
    return new WebhookNodes(build, redisUrl, await WebhookReceiver.start(), userName);
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    await this.backend.stop();
  }

  /** Starts a node. Its requests arrive at a path with its number, from 0. */
  start(
    more: Readonly<Record<string, string>> = {},
    limits: Partial<FixedLimits> = {},
  ): Promise<ServerProcess> {
    const url = `${this.backend.url}/${this.nodes.length}`;
    return this.serve({ ...this.backend.settings, WEBHOOK_URL: url, ...more }, limits);
  }

  /** Starts a node that delivers no webhooks. */
  startWithout(): Promise<ServerProcess> {
    return this.serve({});
  }

  private async serve(
    more: Readonly<Record<string, string>>,
    limits: Partial<FixedLimits> = {},
  ): Promise<ServerProcess> {
    const settings = { REDIS_URL: this.redisUrl, DRAIN_TIMEOUT_MS: '100', ...more };
    const fixed = { webhookRetryMs: 20, webhookTimeoutMs: 60_000, ...limits };
    const node = await this.build.serve(settings, { fixed });
    this.nodes.push(node);
    return node;
  }

  /** Connects and disconnects users, and returns their ids. Waits while the service is unavailable. */
  async visits(node: ServerProcess, count = 20): Promise<string[]> {
    const ids = Array.from({ length: count }, () => `${this.userName} ${this.visitors++}`);
    for (const id of ids) {
      const client = await node.client(id);
      let attempts = 0;
      this.begun.set(id, Date.now());
      const connect = async (): Promise<OpenSession['stream'] | undefined> => {
        attempts++;
        return client.connect().then(
          ({ stream }) => stream,
          () => undefined,
        );
      };
      let stream = await connect();
      await eventually(async () => (stream ??= await connect()) !== undefined, true);
      stream!.cancel();
      await stream!.ended;
      this.attempts.set(id, attempts);
    }
    return ids;
  }

  /** Like `visits`, with users of every partition. */
  async visitsEverywhere(node: ServerProcess): Promise<string[]> {
    const ids: string[] = [];
    const seen = new Set<number>();
    while (seen.size < PARTITIONS) {
      seen.add(partitionOf(`${this.userName} ${this.visitors}`));
      ids.push(...(await this.visits(node, 1)));
    }
    return ids;
  }

  /** Waits until every event of these users was taken, in order and without a missing one. */
  async areTaken(users: readonly string[]): Promise<void> {
    await eventually(() => users.filter((id) => !this.isTaken(id)), []);
  }

  /** A call that failed may have begun and ended a session nevertheless. */
  private isTaken(userId: string): boolean {
    const types = this.backend.typesOf(userId);
    const visits = types.length / VISIT.length;
    const isInOrder = types.every((type, nth) => type === VISIT[nth % VISIT.length]);
    return (
      isInOrder && Number.isInteger(visits) && visits >= 1 && visits <= this.attempts.get(userId)!
    );
  }

  /**
   * Waits until every event of these users was taken in order, or a gap event names the loss: Redis had lost data until
   * `lostUntil`, in milliseconds of the wall clock.
   */
  async areTakenOrNamed(users: readonly string[], lostUntil: number): Promise<void> {
    await eventually(
      () => users.filter((id) => !this.isTaken(id) && !this.isNamed(id, lostUntil)),
      [],
    );
    expect(users.filter((id) => !this.isInOrder(id))).toEqual([]);
  }

  private isNamed(userId: string, lostUntil: number): boolean {
    const [begun, end] = [this.begun.get(userId)!, new Date(lostUntil).toISOString()];
    return (
      begun <= lostUntil &&
      this.backend.gaps.some(
        ({ data: { from, to } }) => (from ?? '') <= end && Date.parse(to!) >= begun,
      )
    );
  }

  private isInOrder(userId: string): boolean {
    const versions = this.backend
      .eventsOf(userId)
      .map(({ data }) => Number(data.presence!.version));
    return versions.every((version, nth) => nth === 0 || version >= versions[nth - 1]!);
  }

  /** The ids that have come with more than one content. */
  get ambiguousIds(): readonly string[] {
    const contents = new Map<string, string>();
    return this.backend.taken
      .filter((event) => {
        const content = JSON.stringify(event);
        const known = contents.get(event.id) ?? content;
        contents.set(event.id, known);
        return known !== content;
      })
      .map(({ id }) => id);
  }

  /** The number of repeated events: those whose id was taken before. */
  get repeated(): number {
    const ids = this.backend.taken.map(({ id }) => id);
    return ids.length - new Set(ids).size;
  }

  /** The requests of a node so far. */
  requestsOf(node: ServerProcess): readonly ReceivedRequest[] {
    const path = `/hook/${this.nodes.indexOf(node)}`;
    return this.backend.requests.filter((request) => request.path === path);
  }
}
