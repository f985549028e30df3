import type { FixedLimits } from '../../src/config/fixed-limits.js';
import { everyoneOnline } from '../support/picture.js';
import { Client } from '../support/client.js';
import { Backend } from './backend.js';
import { CHANNELS } from './channels.js';
import { TENANT_CHANNELS } from './access/tenants.js';
import { ACCESS_SETTINGS, VIEWER_IDS, Viewers } from './access/viewers.js';
import type { Answers, Expected, Own, Stored, ViewerAnswers } from './evidence.js';
import { expectedOf } from './expected.js';
import { History } from './history.js';
import { NodeProcess } from './node-process.js';
import { Population } from './population.js';
import { Random } from './random.js';
import { RedisMonitor } from './redis-monitor.js';
import { RedisPair } from './redis-pair.js';
import { listedBy, storedIn } from './stored-sessions.js';
import { CALM_SECONDS } from './library-device.js';
import { HEARTBEAT_TIMEOUT_MS, HELD_UP_MS } from './timings.js';
import { tokenOf } from './tokens.js';
import { Watcher } from './watcher.js';
import { WebhookReceiver } from './webhooks/webhook-receiver.js';

const NODES = ['n1', 'n2', 'n3', 'n4'] as const;

export interface WorldOptions {
  readonly folder: string;
  readonly seed: number;
  readonly users: number;
  /** The number of nodes of a cluster. Absent: 4. */
  readonly nodeCount?: number;
  readonly actionsPerSecond: number;
  readonly graceMs: number;
  readonly withReplica: boolean;
  readonly withAccess?: boolean;
  /** One node that keeps everything in memory, instead of a cluster. */
  readonly isAlone?: boolean;
  readonly newcomersPerSecond?: number;
  /** The validity of the client library's tokens, in seconds. */
  readonly tokenSeconds?: number;
  /**
   * The offsets of the nodes' clocks from that of the machine, in milliseconds. Absent: they use
   * the clock of the machine.
   */
  readonly clockOffsetsMs?: readonly number[];
  /** Settings of every node, besides those that connect it to this world. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The fixed limits of every node that differ from those of a release. */
  readonly fixed?: Partial<FixedLimits>;
}

/** A cluster and its environment: Redis, nodes, users and watchers. */
export class World {
  readonly random: Random;
  private readonly watchers: Watcher[] = [];
  private monitor: RedisMonitor | undefined;
  private selfWatch: NodeJS.Timeout | undefined;

  private constructor(
    private readonly redisPair: RedisPair | undefined,
    readonly nodes: readonly NodeProcess[],
    readonly population: Population,
    readonly history: History,
    readonly graceMs: number,
    private readonly token: string,
    /** Undefined: every subscriber sees everyone. */
    readonly viewers: Viewers | undefined,
    /** The backend that receives the webhooks of all nodes. */
    readonly webhooks: WebhookReceiver,
    seed: number,
  ) {
    // Faults and users have separate random generators, so that actions of users do not change the
    // faults.
    this.random = new Random(seed + 1);
  }

  static async create(options: WorldOptions): Promise<World> {
    const {
      folder,
      seed,
      users,
      actionsPerSecond,
      graceMs,
      withReplica,
      isAlone = false,
      nodeCount = NODES.length,
      withAccess = false,
    } = options;
    const { newcomersPerSecond = 0, tokenSeconds = CALM_SECONDS, clockOffsetsMs } = options;
    const redis = isAlone ? undefined : await RedisPair.start(withReplica);
    const settings = {
      RECONNECT_GRACE_MS: String(graceMs),
      HEARTBEAT_TIMEOUT_MS: String(HEARTBEAT_TIMEOUT_MS),
      DRAIN_TIMEOUT_MS: '2000',
      ...(withAccess && ACCESS_SETTINGS),
      ...options.settings,
    };
    const history = new History();
    if (isAlone) history.webhooks.partitions = 1;
    const webhooks = await WebhookReceiver.start(new Random(seed + 2), history.webhooks);
    const nodes = await Promise.all(
      NODES.slice(0, isAlone ? 1 : nodeCount).map((name, i) =>
        NodeProcess.create(name, {
          ...{ folder, redisPort: redis?.server.port },
          settings: { ...settings, ...webhooks.settingsOf(name) },
          clockOffsetMs: clockOffsetsMs?.[i],
          fixed: options.fixed,
        }),
      ),
    );
    const random = new Random(seed);
    const token = await tokenOf('watcher', { isAdmin: true });
    const backend = new Backend(token, nodes, random);
    const population = await Population.create({
      ...{ users, actionsPerSecond, newcomersPerSecond, tokenSeconds },
      ...{ nodes, random, history, backend },
      ...(withAccess && { viewerIds: VIEWER_IDS }),
    });
    const viewers = withAccess ? new Viewers(nodes, random, history.access, backend) : undefined;
    const world = new World(
      ...([redis, nodes, population, history, graceMs] as const),
      ...([token, viewers, webhooks, seed] as const),
    );
    try {
      await world.begin();
      return world;
    } catch (error) {
      await world.remove();
      throw error;
    }
  }

  get redis(): RedisPair {
    if (this.redisPair === undefined) throw new Error('there is no Redis in this world');
    return this.redisPair;
  }

  /** Whether the world is one node that keeps everything in memory. */
  get isAlone(): boolean {
    return this.redisPair === undefined;
  }

  /** The names of the given nodes, or of all nodes. */
  namesOf(nodes: readonly NodeProcess[]): readonly string[] {
    return nodes.map(({ name }) => name);
  }

  /** Points every node at the current Redis server. */
  redirect(port: number): void {
    for (const { redisLink } of this.nodes) redisLink.pointAt(port);
  }

  expected(): readonly Expected[] {
    return this.population.people.map(expectedOf);
  }

  openSessionIds(): ReadonlySet<string> {
    const open = this.history.spans.filter(({ until }) => until === undefined);
    return new Set(open.map(({ sessionId }) => sessionId));
  }

  /** The current responses of every node. */
  answers(): Promise<readonly Answers[]> {
    return Promise.all(this.nodes.map((node) => this.answersOf(node)));
  }

  stored(): Promise<Stored> {
    const [node] = this.nodes;
    if (!this.isAlone) return this.redis.with(storedIn);
    return listedBy(node!, this.token, this.population.people);
  }

  /** The service's state of the users with the client library, and their acknowledged commands. */
  async own(): Promise<readonly Own[]> {
    const clients = this.nodes.map((node) => new Client([node.address], this.token));
    try {
      return await Promise.all(
        this.population.libraryPeople.map(async (person, i): Promise<Own> => {
          const { userId, wish, isThere } = person;
          const answer = await clients[i % clients.length]!.explainPresence({ userId });
          return { userId, wish, isThere, choice: answer.choice, presence: answer.own! };
        }),
      );
    } finally {
      for (const client of clients) client.close();
    }
  }

  /** The answers of every node to the viewers who do not see everyone. */
  async viewerAnswers(): Promise<readonly ViewerAnswers[]> {
    return this.viewers?.answers(this.population.people.map(({ userId }) => userId)) ?? [];
  }

  /** Whether all watchers are up to date, so that coming events are recorded on every node. */
  get isWatched(): boolean {
    const areViewing = this.viewers?.areCurrent ?? true;
    return areViewing && this.watchers.every(({ stretch }) => stretch !== undefined);
  }

  /** The output of the nodes. */
  get output(): string {
    return this.nodes.map(({ name, output }) => `--- ${name}\n${output}`).join('\n');
  }

  /**
   * Records when the machine gave this process, and therefore every client in it, no processor
   * time.
   */
  private watchItself(): void {
    let last = Date.now();
    this.selfWatch = setInterval(() => {
      const now = Date.now();
      if (now - last > HELD_UP_MS) {
        const fault = { name: 'harness held up', nodes: this.namesOf(this.nodes) } as const;
        this.history.faults.push({ ...fault, from: last, until: now });
      }
      last = now;
    }, 100);
  }

  /** Lets the users act again after a quiet phase, and starts a new record. */
  async goOn(): Promise<void> {
    this.history.startOver();
    for (const watcher of this.watchers) watcher.startOver();
    this.population.startOver();
    // The monitor ended together with the Redis that was killed.
    this.monitor?.stop();
    await this.watchRedis();
    void this.population.live();
  }

  async remove(): Promise<void> {
    for (const watcher of this.watchers) watcher.close();
    this.viewers?.close();
    this.population.leave();
    this.monitor?.stop();
    clearInterval(this.selfWatch);
    await Promise.all(this.nodes.map((node) => node.remove()));
    await Promise.all([this.redisPair?.stop(), this.webhooks.goAway()]);
  }

  private async begin(): Promise<void> {
    this.watchItself();
    await this.watchRedis();
    await Promise.all(this.nodes.map((node) => node.start()));
    this.history.webhooks.startedAt = Date.now();
    await this.population.arrive();
    for (const [i] of this.nodes.entries()) {
      const watcher = new Watcher(`w${i + 1}`, this.token, this.nodes, i, this.history);
      this.watchers.push(watcher);
      void watcher.watch();
    }
    this.viewers?.watch();
    void this.population.live();
  }

  private async watchRedis(): Promise<void> {
    if (this.isAlone) return;
    this.monitor = await RedisMonitor.start(this.redis.server.port, this.history);
  }

  private async answersOf(node: NodeProcess): Promise<Answers> {
    const client = new Client([node.address], this.token);
    try {
      const userIds = this.population.people.map(({ userId }) => userId);
      const online = await everyoneOnline(client);
      const members = new Map<string, readonly string[]>();
      for (const channelId of this.viewers ? TENANT_CHANNELS : CHANNELS) {
        const { presences } = await client.listChannelMembers({ channelId, pageSize: 1000 });
        members.set(
          channelId,
          presences.map(({ userId }) => userId),
        );
      }
      const { presences } = await client.batchGetPresences({ userIds });
      return { node: node.name, online, members, presences };
    } finally {
      client.close();
    }
  }
}
