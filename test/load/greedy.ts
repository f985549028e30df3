import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Metadata } from '@grpc/grpc-js';
import { SubscribeResponse } from '../../src/api/generated/presence/v1/events_service.pb.js';
import {
  UpdateMuteStateRequest,
  UpdateMuteStateResponse,
} from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { call, connect, metadataOf, newClient, tokenOf } from './grpc-clients.js';
import { startGrpcServer, type GrpcServer } from './grpc-server.js';
import { HostileClient, type Attack } from './hostile-client.js';
import { median, percentile } from './median.js';
import { progress } from './progress.js';
import { RawConnection } from './raw-connection.js';
import type { ServerProcess } from './server-process.js';
import { following } from './sessions.js';

const CLIENTS = 50;
const FRIENDS = 10;
const COMMAND_EVERY_MS = 500;
/** The time until the permitted burst is used up. */
const RAMP_MS = 3000;

export interface GreedyLoad {
  readonly seconds: number;
  readonly rounds: number;
}

export interface GreedyResult {
  readonly attack: Attack;
  readonly limits: 'default' | 'none';
  /** The hostile client's calls per second, by result. */
  readonly servedPerSecond: number;
  readonly refusedPerSecond: number;
  /**
   * The latency of the other clients' commands, and of their events from commit to client, without
   * the hostile client. Milliseconds.
   */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly eventP50Ms: number;
  /**
   * The factor by which each latency grows with the hostile client: medians over pairs of rounds.
   */
  readonly p50Ratio: number;
  readonly p99Ratio: number;
  readonly eventP50Ratio: number;
  readonly eventP99Ratio: number;
  readonly coresWithout: number;
  readonly coresWith: number;
}

const LIMITS = {
  default: {
    MAX_COMMANDS_PER_SECOND_PER_SESSION_PER_NODE: '50',
    MAX_CALLS_PER_SECOND_PER_USER_PER_NODE: '200',
    MAX_PRESENCES_PER_SECOND_PER_USER_PER_NODE: '10000',
    MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '20',
  },
  none: {
    MAX_COMMANDS_PER_SECOND_PER_SESSION_PER_NODE: '0',
    MAX_CALLS_PER_SECOND_PER_USER_PER_NODE: '0',
    MAX_PRESENCES_PER_SECOND_PER_USER_PER_NODE: '0',
  },
};

interface Round {
  readonly commands: readonly number[];
  readonly events: readonly number[];
  readonly cores: number;
}

/**
 * Measures well-behaved clients with paced commands and subscriptions, alternately without and with
 * a hostile client.
 */
export async function measureGreedy(
  attack: Attack,
  limits: keyof typeof LIMITS,
  load: GreedyLoad,
): Promise<GreedyResult> {
  const target: GrpcServer = {
    name: `limits: ${limits}`,
    script: 'build/test/load/servers/crowded.js',
    env: { USERS: '2000', ...LIMITS[limits] },
  };
  const server = await startGrpcServer(target);
  const others = await Others.join(server);
  const hostile = await HostileClient.start(server.port, attack);
  try {
    await others.measure(load.seconds);
    const pairs: { readonly without: Round; readonly with: Round }[] = [];
    let [served, refused] = [0, 0];
    for (let i = 1; i <= load.rounds; i++) {
      progress(`greedy: ${attack}, limits: ${limits}, round ${i} of ${load.rounds}`);
      await sleep(RAMP_MS);
      const without = await others.measure(load.seconds);
      hostile.go();
      await sleep(RAMP_MS);
      const attacked = await others.measure(load.seconds);
      const struck = await hostile.stop();
      served += struck.served;
      refused += struck.refused;
      pairs.push({ without, with: attacked });
    }
    const attackSeconds = load.rounds * (load.seconds + RAMP_MS / 1000);
    const of = (value: (round: Round) => number): number =>
      median(pairs.map(({ without }) => value(without)));
    const ratio = (value: (round: Round) => number): number =>
      median(pairs.map((pair) => value(pair.with) / value(pair.without)));
    const commands = (percent: number) => (round: Round) => percentile(round.commands, percent);
    const events = (percent: number) => (round: Round) => percentile(round.events, percent);
    return {
      attack,
      limits,
      servedPerSecond: served / attackSeconds,
      refusedPerSecond: refused / attackSeconds,
      p50Ms: of(commands(50)),
      p99Ms: of(commands(99)),
      eventP50Ms: of(events(50)),
      p50Ratio: ratio(commands(50)),
      p99Ratio: ratio(commands(99)),
      eventP50Ratio: ratio(events(50)),
      eventP99Ratio: ratio(events(99)),
      coresWithout: of(({ cores }) => cores),
      coresWith: median(pairs.map((pair) => pair.with.cores)),
    };
  } finally {
    await hostile.end();
    await others.leave();
    await server.stop();
  }
}

/** The well-behaved clients. */
class Others {
  private commands: number[] = [];
  private events: number[] = [];
  private readonly clients: Client[] = [];
  private readonly connections: RawConnection[] = [];
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly pending = new Set<Promise<void>>();

  private constructor(private readonly server: ServerProcess) {}

  static async join(server: ServerProcess): Promise<Others> {
    const others = new Others(server);
    for (let i = 0; i < CLIENTS; i++) await others.add(i);
    return others;
  }

  async measure(seconds: number): Promise<Round> {
    this.commands = [];
    this.events = [];
    const before = this.server.usage().cpuSeconds;
    const since = performance.now();
    await sleep(seconds * 1000);
    const wall = (performance.now() - since) / 1000;
    const cores = (this.server.usage().cpuSeconds - before) / wall;
    return { commands: this.commands, events: this.events, cores };
  }

  async leave(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await Promise.all(this.pending);
    for (const client of this.clients) client.close();
    for (const connection of this.connections) connection.destroy();
  }

  private async add(i: number): Promise<void> {
    const client = newClient(this.server.port);
    const metadata = await metadataOf(`member-${i}`);
    const sessionId = await connect(client, metadata);
    const connection = new RawConnection(this.server.port, await tokenOf(`member-${i}`));
    const friends = Array.from({ length: FRIENDS }, (_, k) => `member-${(i + 1 + k) % CLIENTS}`);
    await connection.begin('EventsService/Subscribe', following(friends), (message) => {
      for (const { occurredAt } of SubscribeResponse.decode(message).events) {
        this.events.push(Date.now() - occurredAt!.seconds * 1000 - occurredAt!.nanos / 1e6);
      }
    });
    this.clients.push(client);
    this.connections.push(connection);
    let isMuted = false;
    await sleep(COMMAND_EVERY_MS / CLIENTS);
    const timer = setInterval(() => {
      isMuted = !isMuted;
      const command = this.command(client, metadata, sessionId, isMuted);
      this.pending.add(command);
      void command.then(() => this.pending.delete(command));
    }, COMMAND_EVERY_MS);
    this.timers.push(timer);
  }

  private async command(
    client: Client,
    metadata: Metadata,
    sessionId: string,
    isMicrophoneMuted: boolean,
  ): Promise<void> {
    const since = performance.now();
    await call(
      client,
      'PresenceService/UpdateMuteState',
      UpdateMuteStateRequest,
      UpdateMuteStateResponse,
      { sessionId, isMicrophoneMuted, isSpeakerMuted: undefined },
      metadata,
    );
    this.commands.push(performance.now() - since);
  }
}
