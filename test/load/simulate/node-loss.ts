import { SERVICE, type Assumptions } from './assumptions.js';
import { deliveriesMicros, needOf, type Load } from './cluster-load.js';
import type { Plan } from './plan.js';
import { furtherCommitMicros } from './redis-load.js';
import type { UnitCosts } from './unit-costs.js';

const MICROS = 1e6;
/** The step of virtual time. */
const STEP_SECONDS = 0.05;
const GIVE_UP_SECONDS = 3600;

/** The limit that decides when the clients of a lost node are online again. */
export type Bottleneck = 'CPU of the nodes' | 'CPU of Redis' | 'limit of new sessions' | 'nothing';

export interface LossResult {
  /** The clients of the lost node, which all return at once. */
  readonly clients: number;
  readonly connectsPerSecond: number;
  /** The time from the loss until all clients are online. Infinity: not within an hour. */
  readonly secondsUntilOnline: number;
  /** The users whom others see OFFLINE, because they are not back when the lease of the node ends. */
  readonly seenOffline: number;
  readonly bottleneck: Bottleneck;
}

/**
 * Replays the loss of a node in virtual time. Its clients return to the other nodes at once, with full TLS handshakes.
 * The other work of the cluster continues and comes first.
 */
export function loseNode(load: Load, plan: Plan, costs: UnitCosts, given: Assumptions): LossResult {
  return new NodeLoss(load, plan, costs, given).run();
}

class NodeLoss {
  private readonly nodes: number;
  private readonly clients: number;
  /** The capacity that the other work leaves in each step. */
  private readonly freeNodeMicros: number;
  private readonly freeRedisMicros: number;
  private readonly allowedPerStep: number;
  /** The work of each node and of Redis for each client that returns, and for the end of each lost session. */
  private readonly connectMicros: number;
  private readonly endMicros: number;
  private readonly eventMicros: number;
  private readonly redisMicros: number;

  private seconds = 0;
  private waiting: number;
  /** The sessions of the lost node that the others have not ended yet. */
  private toEnd = 0;
  private isReaped = false;
  private seenOffline = 0;
  private allowed: number;
  private highest = 0;
  private readonly steps = new Map<Bottleneck, number>();

  constructor(load: Load, plan: Plan, costs: UnitCosts, given: Assumptions) {
    this.nodes = plan.nodes - 1;
    this.clients = Math.round((load.online / plan.nodes) * given.imbalance);
    const base = needOf(load, this.nodes, costs, given);
    this.freeNodeMicros = Math.max(0, 1 - base.busiestNodeCores) * STEP_SECONDS * MICROS;
    this.redisMicros = furtherCommitMicros(base.commits, this.nodes, costs, given);
    const busyMicros = base.commits * this.redisMicros;
    this.freeRedisMicros = Math.max(0, plan.primaries * MICROS - busyMicros) * STEP_SECONDS;
    this.allowedPerStep = SERVICE.newSessionsPerSecond * this.nodes * STEP_SECONDS;
    this.allowed = 2 * SERVICE.newSessionsPerSecond * this.nodes;
    const handshake = given.tls ? costs.fullHandshakeMicros : 0;
    const own = costs.connectMicros + costs.commitMicros + handshake;
    this.connectMicros = own / this.nodes + costs.appliedCommitMicros;
    this.endMicros = costs.commitMicros / this.nodes + costs.appliedCommitMicros;
    this.eventMicros = deliveriesMicros(costs, given) / this.nodes;
    this.waiting = this.clients;
  }

  run(): LossResult {
    while (this.waiting >= 1) {
      if (this.seconds >= GIVE_UP_SECONDS) return this.result(Infinity);
      this.step();
    }
    return this.result(this.seconds);
  }

  private step(): void {
    if (!this.isReaped && this.seconds >= SERVICE.leaseSeconds) {
      this.isReaped = true;
      this.toEnd = this.clients;
      this.seenOffline = Math.round(this.waiting);
    }
    // Returning clients and the ends of lost sessions share the nodes and Redis.
    const part = this.waiting / (this.waiting + this.toEnd);
    // Others see only those go OFFLINE and come back who were not back in time.
    const events = this.isReaped ? this.eventMicros : 0;
    const entered = this.enter(part, this.connectMicros + events);
    const ended =
      this.toEnd === 0
        ? 0
        : Math.min(
            ((1 - part) * this.freeNodeMicros) / (this.endMicros + events),
            ((1 - part) * this.freeRedisMicros) / this.redisMicros,
          );
    this.waiting -= entered;
    this.toEnd = Math.max(0, this.toEnd - ended);
    const burst = 2 * SERVICE.newSessionsPerSecond * this.nodes;
    this.allowed = Math.min(burst, this.allowed - entered + this.allowedPerStep);
    this.highest = Math.max(this.highest, entered / STEP_SECONDS);
    this.seconds += STEP_SECONDS;
  }

  /** Returns how many clients get a session in this step, and notes what has kept the others out. */
  private enter(part: number, nodeMicros: number): number {
    const limits: readonly (readonly [Bottleneck, number])[] = [
      ['CPU of the nodes', (part * this.freeNodeMicros) / nodeMicros],
      ['CPU of Redis', (part * this.freeRedisMicros) / this.redisMicros],
      ['limit of new sessions', this.allowed],
    ];
    const [name, most] = limits.reduce((one, other) => (other[1] < one[1] ? other : one));
    if (most >= this.waiting) return this.waiting;
    this.steps.set(name, (this.steps.get(name) ?? 0) + 1);
    return most;
  }

  private result(secondsUntilOnline: number): LossResult {
    const [longest] = [...this.steps].sort(([, one], [, other]) => other - one);
    return {
      clients: this.clients,
      connectsPerSecond: this.highest,
      secondsUntilOnline,
      seenOffline: this.seenOffline,
      bottleneck: longest?.[0] ?? 'nothing',
    };
  }
}
