import { SERVICE, type Assumptions } from './assumptions.js';
import type { HourShape } from './day-shape.js';
import type { UnitCosts } from './unit-costs.js';

const MICROS = 1e6;

/** The load of a cluster, per second. */
export interface Load {
  readonly online: number;
  readonly connects: number;
  readonly commands: number;
}

/** Returns the load of an hour, for the number of users who are online in the hour with the most. */
export function loadOf(
  users: number,
  day: readonly HourShape[],
  hour: HourShape,
  { sessionSeconds, commandSeconds }: Assumptions,
): Load {
  const mean = (users * day.reduce((sum, { online }) => sum + online, 0)) / day.length;
  return {
    online: users * hour.online,
    connects: (mean / sessionSeconds) * hour.connects,
    commands: (mean / commandSeconds) * hour.commands,
  };
}

/** A session commits its start and its end, and as many sessions end as begin. */
export function commitsOf({ connects, commands }: Load): number {
  return 2 * connects + commands;
}

/** The resources that a load needs on a number of nodes. Cores are those of one second. */
export interface Need {
  readonly nodes: number;
  readonly commits: number;
  readonly busiestNodeCores: number;
  readonly nodeBytes: number;
  readonly redisBytes: number;
  readonly redisBytesPerSecond: number;
  /** The traffic that one node receives from Redis. */
  readonly nodeBytesPerSecond: number;
}

export function needOf(load: Load, nodes: number, costs: UnitCosts, given: Assumptions): Need {
  const commits = commitsOf(load);
  const share = Math.min(1, given.imbalance / nodes);
  const remembered = load.online + given.offlineUsers;
  const userBytes = costs.userBytes + (given.groups ? costs.groupsBytes : 0);
  const others = 1 - share;
  return {
    nodes,
    commits,
    busiestNodeCores:
      (share * ownMicros(load, costs, given) +
        others * commits * costs.appliedCommitMicros +
        webhookMicros(commits, nodes, costs, given)) /
      MICROS,
    nodeBytes: remembered * userBytes + share * load.online * connectionBytes(costs, given),
    redisBytes:
      remembered * costs.redisUserBytes +
      Math.min(SERVICE.maxLogBytes, commits * costs.redisLogBytes * SERVICE.logSeconds),
    redisBytesPerSecond: commits * costs.redisSentBytes * nodes,
    nodeBytesPerSecond: commits * costs.redisSentBytes,
  };
}

function connectionBytes(costs: UnitCosts, { tls }: Assumptions): number {
  return (costs.connectionKilobytes + (tls ? costs.tlsKilobytes : 0)) * 1024;
}

/** Returns the processor time of all nodes for their own clients, per second. */
function ownMicros(load: Load, costs: UnitCosts, given: Assumptions): number {
  const handshake = given.tls ? costs.resumedHandshakeMicros : 0;
  return (
    load.connects * (costs.connectMicros + costs.commitMicros + handshake) +
    load.connects * (costs.endMicros + costs.commitMicros) +
    load.commands * (costs.commandMicros + costs.commitMicros) +
    load.online * costs.idleMicros +
    commitsOf(load) * deliveriesMicros(costs, given)
  );
}

/** Returns the processor time for webhooks on the node that delivers those of most partitions. */
function webhookMicros(
  commits: number,
  nodes: number,
  costs: UnitCosts,
  given: Assumptions,
): number {
  if (!given.webhooks) return 0;
  const { partitions } = SERVICE;
  return (commits / partitions) * Math.ceil(partitions / nodes) * costs.webhookMicros;
}

/** Returns the processor time for the events of a commit at its subscribers. Each is a message of its own. */
export function deliveriesMicros(costs: UnitCosts, { followers, groups }: Assumptions): number {
  return followers * costs.deliveryMicros * (groups ? costs.groupsFactor : 1);
}
