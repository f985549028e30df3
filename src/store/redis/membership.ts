import type { RedisClient } from './redis-client.js';

export interface MembershipOptions {
  readonly port: RedisClient;
  /** The Redis hash that holds the counters of all nodes. */
  readonly key: string;
  readonly node: () => string;
  /** The time in milliseconds after which a node with an unchanged counter counts as dead. */
  readonly leaseMs: number;
  /** Milliseconds between two heartbeats. */
  readonly beatMs: number;
  /** A monotonic clock in milliseconds. Clocks of different machines are never compared. */
  readonly uptime: () => number;
  /** Called when Redis has lost the counters. The counter of this node exists again at that time. */
  readonly onLost: () => void;
}

interface Observed {
  counter: string | undefined;
  /** The time when the counter last changed, or was first seen. */
  since: number;
}

/**
 * Decides which nodes are alive: those whose counter changes, measured by the clock of the observer (like leader
 * election in Kubernetes). A pause of the observer or of Redis makes no node dead, because all leases then start again.
 */
export class Membership {
  private readonly observed = new Map<string, Observed>();
  /** The time of the last heartbeat. Leases do not run down while the observer or its Redis is unavailable. */
  private lastBeatAt: number;
  private own = { name: '', count: 0 };

  constructor(private readonly options: MembershipOptions) {
    this.lastBeatAt = options.uptime();
  }

  /** Increments the counter of this node and reads the counters of all nodes. */
  async heartbeat(): Promise<void> {
    const { port, key, node, beatMs, uptime } = this.options;
    const name = node();
    const counters = await port.heartbeat(key, name);
    const count = Number(counters.get(name));
    const wasLost = this.own.name === name && count <= this.own.count;
    if (wasLost) this.options.onLost();
    this.own = { name, count };
    const now = uptime();
    const wasAway = now - this.lastBeatAt > 3 * beatMs;
    this.lastBeatAt = now;
    for (const [other, counter] of counters) this.observe(other, counter, now);
    for (const [other, seen] of this.observed) {
      if (!counters.has(other)) this.observe(other, undefined, now);
      // Without the counters this node cannot tell a dead node from a lost counter.
      if (wasAway || wasLost) seen.since = now;
    }
  }

  /** Whether a node may still be alive. A node that was never seen before gets one lease. */
  isAlive(node: string): boolean {
    if (node === this.options.node()) return true;
    const seen = this.observed.get(node);
    if (seen !== undefined) return this.lastBeatAt - seen.since < this.options.leaseMs;
    this.observe(node, undefined, this.lastBeatAt);
    return true;
  }

  /** The nodes whose counters change, including this one. */
  alive(): readonly string[] {
    const others = [...this.observed].filter(
      ([node, { counter }]) => counter !== undefined && this.isAlive(node),
    );
    return [...new Set([this.options.node(), ...others.map(([node]) => node)])];
  }

  /** Removes a node immediately, so that the other nodes do not wait for its lease to end. */
  async leave(node: string): Promise<void> {
    this.observed.delete(node);
    await this.options.port.removeField(this.options.key, node);
  }

  /** Nodes that have been dead long enough to remove their counters. */
  expired(afterMs: number): readonly string[] {
    const before = this.lastBeatAt - afterMs;
    return [...this.observed]
      .filter(([node, { since }]) => node !== this.options.node() && since < before)
      .map(([node]) => node);
  }

  private observe(node: string, counter: string | undefined, now: number): void {
    const seen = this.observed.get(node);
    if (seen === undefined) this.observed.set(node, { counter, since: now });
    else if (seen.counter !== counter) {
      // A missing counter is treated as one that no longer changes.
      if (counter !== undefined) seen.since = now;
      seen.counter = counter;
    }
  }
}
