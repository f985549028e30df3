import { Keys } from '../../src/store/redis/keys.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { everyoneOnline } from '../support/picture.js';
import { Client } from '../support/client.js';
import type { Answers, Expected, Own, Stored } from './evidence.js';
import { History } from './history.js';
import { NodeProcess } from './node-process.js';
import type { Person } from './person.js';
import { Population } from './population.js';
import { Random } from './random.js';
import { RedisMonitor } from './redis-monitor.js';
import { RedisPair } from './redis-pair.js';
import { CALM_SECONDS } from './library-device.js';
import { HEARTBEAT_TIMEOUT_MS, HELD_UP_MS } from './timings.js';
import { tokenOf } from './tokens.js';
import { Watcher } from './watcher.js';

export const CHANNELS = ['lobby', 'kitchen', 'garden', 'stage'] as const;

const NODES = ['n1', 'n2', 'n3', 'n4'] as const;

export interface WorldOptions {
  readonly folder: string;
  readonly seed: number;
  readonly users: number;
  readonly actionsPerSecond: number;
  readonly graceMs: number;
  readonly withReplica: boolean;
  /** One node that keeps everything in memory, instead of a cluster. */
  readonly isAlone?: boolean;
  readonly newcomersPerSecond?: number;
  /** For how long the tokens of the client library are good. */
  readonly tokenSeconds?: number;
  /** Milliseconds by which the nodes' clocks differ from that of the machine. Absent: they have the clock of the machine. */
  readonly clockOffsetsMs?: readonly number[];
  /** Of every node, beside those that make it one of these. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A cluster with everything around it: Redis, nodes, users, and those who watch. */
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
    seed: number,
  ) {
    // Faults and users draw from chances of their own: what users do does not shift the faults.
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
    } = options;
    const { newcomersPerSecond = 0, tokenSeconds = CALM_SECONDS, clockOffsetsMs } = options;
    const redis = isAlone ? undefined : await RedisPair.start(withReplica);
    const settings = {
      RECONNECT_GRACE_MS: String(graceMs),
      HEARTBEAT_TIMEOUT_MS: String(HEARTBEAT_TIMEOUT_MS),
      DRAIN_TIMEOUT_MS: '2000',
      ...options.settings,
    };
    const nodes = await Promise.all(
      (isAlone ? NODES.slice(0, 1) : NODES).map((name, i) =>
        NodeProcess.create(name, {
          ...{ folder, settings, redisPort: redis?.server.port },
          clockOffsetMs: clockOffsetsMs?.[i],
        }),
      ),
    );
    const history = new History();
    const random = new Random(seed);
    const population = await Population.create({
      ...{ users, actionsPerSecond, newcomersPerSecond, tokenSeconds },
      ...{ nodes, random, history },
    });
    const token = await tokenOf('watcher', { isAdmin: true });
    const world = new World(redis, nodes, population, history, graceMs, token, seed);
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

  /** Whether one node keeps everything in memory. */
  get isAlone(): boolean {
    return this.redisPair === undefined;
  }

  /** The names of the nodes that are given, or of all. */
  namesOf(nodes: readonly NodeProcess[]): readonly string[] {
    return nodes.map(({ name }) => name);
  }

  /** Points every node at the server that Redis is now. */
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

  /** What every node answers now. */
  answers(): Promise<readonly Answers[]> {
    return Promise.all(this.nodes.map((node) => this.answersOf(node)));
  }

  async stored(): Promise<Stored> {
    if (this.isAlone) return this.listed();
    const keys = new Keys('presence:');
    return this.redis.with(async (redis) => {
      const sessionIds = new Set<string>();
      for (const { users } of keys.partitions) {
        for (const stored of await redis.hvals(users)) {
          for (const sessionId of sessionIdsIn(stored)) sessionIds.add(sessionId);
        }
      }
      return { sessionIds, beats: await redis.hkeys(keys.beats) };
    });
  }

  /** What the service holds of the users with the client library, and what they were told. */
  async own(): Promise<readonly Own[]> {
    const clients = this.nodes.map((node) => new Client([node.address], this.token));
    try {
      return await Promise.all(
        this.population.libraryPeople.map(async (person, i): Promise<Own> => {
          const { userId, wish } = person;
          const answer = await clients[i % clients.length]!.explainPresence({ userId });
          return { userId, wish, choice: answer.choice, presence: answer.own! };
        }),
      );
    } finally {
      for (const client of clients) client.close();
    }
  }

  /** Whether all watchers are up to date, so that what comes is seen from everywhere. */
  get isWatched(): boolean {
    return this.watchers.every(({ stretch }) => stretch !== undefined);
  }

  /** What the nodes wrote. */
  get output(): string {
    return this.nodes.map(({ name, output }) => `--- ${name}\n${output}`).join('\n');
  }

  /** Writes down when this process, and every client in it, got no time from the machine. */
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

  /** Lets users act again once it was quiet, and writes down what happens from there: what was before is forgotten. */
  async goOn(): Promise<void> {
    this.history.startOver();
    for (const watcher of this.watchers) watcher.startOver();
    this.population.startOver();
    // A Redis that was killed has taken its monitor with it.
    this.monitor?.stop();
    await this.watchRedis();
    void this.population.live();
  }

  async remove(): Promise<void> {
    for (const watcher of this.watchers) watcher.close();
    this.population.leave();
    this.monitor?.stop();
    clearInterval(this.selfWatch);
    await Promise.all(this.nodes.map((node) => node.remove()));
    await this.redisPair?.stop();
  }

  private async begin(): Promise<void> {
    this.watchItself();
    await this.watchRedis();
    await Promise.all(this.nodes.map((node) => node.start()));
    await this.population.arrive();
    for (const [i] of this.nodes.entries()) {
      const watcher = new Watcher(`w${i + 1}`, this.token, this.nodes, i, this.history);
      this.watchers.push(watcher);
      void watcher.watch();
    }
    void this.population.live();
  }

  private async watchRedis(): Promise<void> {
    if (this.isAlone) return;
    this.monitor = await RedisMonitor.start(this.redis.server.port, this.history);
  }

  /** What a node in memory lists, in place of what Redis would hold. */
  private async listed(): Promise<Stored> {
    const [node] = this.nodes;
    const client = new Client([node!.address], this.token);
    try {
      const sessionIds = new Set<string>();
      for (const { userId } of this.population.people) {
        const { sessions } = await client.listSessions({ userId });
        for (const { sessionId } of sessions) sessionIds.add(sessionId);
      }
      return { sessionIds, beats: [node!.name] };
    } finally {
      client.close();
    }
  }

  private async answersOf(node: NodeProcess): Promise<Answers> {
    const client = new Client([node.address], this.token);
    try {
      const userIds = this.population.people.map(({ userId }) => userId);
      const online = await everyoneOnline(client);
      const members = new Map<string, readonly string[]>();
      for (const channelId of CHANNELS) {
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

function expectedOf(person: Person): Expected {
  const { userId, wish, devices, isThere } = person;
  return {
    userId,
    isShown: isThere && wish.choice !== StatusChoice.STATUS_CHOICE_INVISIBLE,
    status: STATUS_OF_CHOICE[wish.choice] ?? 'ONLINE',
    statusText: wish.statusText,
    channelId: wish.channelId,
    isMicrophoneMuted: wish.isMicrophoneMuted,
    isSpeakerMuted: wish.isSpeakerMuted,
    platforms: devices
      .filter(({ span }) => span !== undefined)
      .map(({ platform }) => platform)
      .sort(),
  };
}

const STATUS_OF_CHOICE: Readonly<Record<number, string>> = {
  [StatusChoice.STATUS_CHOICE_DO_NOT_DISTURB]: 'DO_NOT_DISTURB',
  [StatusChoice.STATUS_CHOICE_AWAY]: 'AWAY',
};

/** A user as Redis holds it: see `record.ts`. A session with a grace is one that was lost. */
function* sessionIdsIn(stored: string): Generator<string> {
  const [sessions] = JSON.parse(stored.slice(stored.indexOf('|') + 1)) as [
    readonly (readonly [string, string, string, number, number, unknown, unknown, number | null])[],
  ];
  for (const session of sessions) if (session[7] === null) yield session[0];
}
