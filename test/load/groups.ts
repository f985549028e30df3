import { setTimeout as sleep } from 'node:timers/promises';
import { SubscribeRequest } from '../../src/api/generated/presence/v1/events_service.pb.js';
import {
  UpdateMuteStateRequest,
  UpdateMuteStateResponse,
} from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { GrantsClaim } from '../../src/auth/grants.js';
import { call, connect, metadataOf, newClient, tokenOf } from './grpc-clients.js';
import { PRESENCE_SERVICE, startGrpcServer } from './grpc-server.js';
import { median } from './median.js';
import { progress } from './progress.js';
import { countEvents, RawConnection } from './raw-connection.js';
import type { ServerProcess } from './server-process.js';

export interface GroupsLoad {
  readonly groups: number;
  /** The number of subscribers in each group, besides the user who causes the events. */
  readonly members: number;
  readonly seconds: number;
  readonly rounds: number;
}

export interface GroupsResult {
  readonly name: string;
  readonly load: GroupsLoad;
  readonly deliveriesPerSecond: number;
  /** Processor time of the server per event and subscriber, including publishing, in microseconds. */
  readonly cpuMicrosPerDelivery: number;
  /** The factor by which a delivery costs more than without groups: from pairs of runs. */
  readonly ofWithout: number;
}

/** How the subscribers of a group come to receive its events and no others. */
interface Variant {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly grantsOf: (group: number) => GrantsClaim | undefined;
  readonly userIdsOf: (group: number) => readonly string[];
}

const WITHOUT_GROUPS: Variant = {
  name: 'followed by user id',
  env: {},
  grantsOf: () => undefined,
  userIdsOf: (group) => [`user-${group}`],
};
const WITH_GROUPS: Variant = {
  name: 'VISIBILITY=groups',
  env: { VISIBILITY: 'groups' },
  grantsOf: (group) => ({ groups: [`group-${group}`] }),
  userIdsOf: () => [],
};

/** 1,000 events a second, in bursts. */
const BURST = 10;
const INTERVAL_MS = 10;
const MAX_BURSTS_UNDER_WAY = 3;

/**
 * Measures deliveries to the members of groups who see nobody else, and the same deliveries on a server without groups. Both
 * servers run, and are measured in turns.
 */
export async function measureGroups(load: GroupsLoad): Promise<readonly GroupsResult[]> {
  const variants = [WITHOUT_GROUPS, WITH_GROUPS];
  const teams: Teams[] = [];
  try {
    for (const variant of variants) teams.push(await Teams.start(variant, load));
    // The first round is the warm-up.
    for (let round = 0; round <= load.rounds; round++) {
      for (const team of teams) {
        progress(`${team.variant.name}: round ${round} of ${load.rounds}`);
        await team.run(load.seconds);
        if (round === 0) team.runs.length = 0;
      }
    }
  } finally {
    for (const team of teams) await team.stop();
  }
  const costs = teams.map(({ runs }) => runs.map(({ cpu, delivered }) => (cpu / delivered) * 1e6));
  return teams.map(({ variant, runs }, i) => ({
    name: variant.name,
    load,
    deliveriesPerSecond: median(runs.map(({ delivered, wall }) => delivered / wall)),
    cpuMicrosPerDelivery: median(costs[i]!),
    ofWithout: median(costs[i]!.map((cost, run) => cost / costs[0]![run]!)),
  }));
}

/** A server with one user in each group who causes events, and the subscribers of the groups. */
class Teams {
  readonly runs: { readonly delivered: number; readonly cpu: number; readonly wall: number }[] = [];
  private delivered = 0;
  private turn = 0;
  private readonly subscribers: RawConnection[] = [];
  private readonly publish: (() => Promise<unknown>)[] = [];

  private constructor(
    readonly variant: Variant,
    private readonly load: GroupsLoad,
    private readonly server: ServerProcess,
    private readonly client: ReturnType<typeof newClient>,
  ) {}

  static async start(variant: Variant, load: GroupsLoad): Promise<Teams> {
    const server = await startGrpcServer({ ...PRESENCE_SERVICE, env: variant.env });
    const teams = new Teams(variant, load, server, newClient(server.port));
    for (let group = 0; group < load.groups; group++) {
      progress(`${variant.name}: ${group} of ${load.groups} groups`);
      await teams.addGroup(group);
    }
    return teams;
  }

  async run(seconds: number): Promise<void> {
    const [cpu, start, before] = [
      this.server.usage().cpuSeconds,
      performance.now(),
      this.delivered,
    ];
    const end = start + seconds * 1000;
    let [published, underWay] = [0, 0];
    for (let due = start; performance.now() < end; due += INTERVAL_MS) {
      await sleep(Math.max(0, due - performance.now()));
      if (underWay >= MAX_BURSTS_UNDER_WAY) continue;
      underWay++;
      published += BURST;
      void this.publishBurst().then(() => underWay--);
    }
    const target = before + published * this.load.members;
    while (this.delivered < target) await sleep(5);
    this.runs.push({
      delivered: this.delivered - before,
      cpu: this.server.usage().cpuSeconds - cpu,
      wall: (performance.now() - start) / 1000,
    });
  }

  async stop(): Promise<void> {
    for (const subscriber of this.subscribers) subscriber.destroy();
    this.client.close();
    await this.server.stop();
  }

  private async publishBurst(): Promise<void> {
    const burst = Array.from({ length: BURST }, () =>
      this.publish[this.turn++ % this.load.groups]!(),
    );
    await Promise.all(burst);
  }

  private async addGroup(group: number): Promise<void> {
    const { grantsOf, userIdsOf } = this.variant;
    const metadata = await metadataOf(`user-${group}`, grantsOf(group));
    const sessionId = await connect(this.client, metadata);
    let isMicrophoneMuted = false;
    this.publish.push(() => {
      isMicrophoneMuted = !isMicrophoneMuted;
      return call(
        this.client,
        'PresenceService/UpdateMuteState',
        UpdateMuteStateRequest,
        UpdateMuteStateResponse,
        { sessionId, isMicrophoneMuted, isSpeakerMuted: undefined },
        metadata,
      );
    });
    const request = {
      ...SubscribeRequest.decode(new Uint8Array()),
      skipSnapshot: true,
      userIds: [...userIdsOf(group)],
    };
    const bytes = SubscribeRequest.encode(request).finish();
    for (let member = 0; member < this.load.members; member++) {
      const token = await tokenOf(`member-${group}-${member}`, grantsOf(group));
      const connection = new RawConnection(this.server.port, token);
      await connection.begin('EventsService/Subscribe', bytes, (message) => {
        this.delivered += countEvents(message);
      });
      this.subscribers.push(connection);
    }
  }
}
