import type { RedisClient } from './redis-client.js';

export interface MembershipOptions {
  readonly port: RedisClient;
  /** Where the nodes move their counters on. */
  readonly key: string;
  readonly node: () => string;
  /** Milliseconds for which a counter may stand still. */
  readonly leaseMs: number;
  /** Milliseconds between two looks at them. */
  readonly beatMs: number;
  /** Milliseconds that only ever grow: nobody's clock is compared with another's. */
  readonly uptime: () => number;
  /** Redis has lost the counters. This node's is there again. */
  readonly onLost: () => void;
}

interface Observed {
  counter: string | undefined;
  /** When it was last seen to move, or first seen. */
  since: number;
}

/**
 * Who is alive: a node whose counter moves, by the clock of whoever looks (as the leader election of Kubernetes has it).
 * A pause of the observer, or of Redis, is nobody's death: then everyone's time begins anew.
 */
export class Membership {
  private readonly observed = new Map<string, Observed>();
  /** When it was last looked. For an observer that is away, or whose Redis is, no time passes. */
  private lastBeatAt: number;
  private own = { name: '', count: 0 };

  constructor(private readonly options: MembershipOptions) {
    this.lastBeatAt = options.uptime();
  }

  /** Moves this node's counter on and looks at all others. */
  async heartbeat(): Promise<void> {
    const { port, key, node, beatMs, uptime } = this.options;
    const name = node();
    const counters = await port.heartbeat(key, name);
    const count = Number(counters.get(name));
    if (this.own.name === name && count <= this.own.count) this.options.onLost();
    this.own = { name, count };
    const now = uptime();
    const wasAway = now - this.lastBeatAt > 3 * beatMs;
    this.lastBeatAt = now;
    for (const [other, counter] of counters) this.observe(other, counter, now);
    for (const [other, seen] of this.observed) {
      if (!counters.has(other)) this.observe(other, undefined, now);
      if (wasAway) seen.since = now;
    }
  }

  /** Whether a node may still be there. One that was never heard of has the time of a lease, too. */
  isAlive(node: string): boolean {
    if (node === this.options.node()) return true;
    const seen = this.observed.get(node);
    if (seen !== undefined) return this.lastBeatAt - seen.since < this.options.leaseMs;
    this.observe(node, undefined, this.lastBeatAt);
    return true;
  }

  /** The nodes that move their counters, this one among them. */
  alive(): readonly string[] {
    const others = [...this.observed].filter(
      ([node, { counter }]) => counter !== undefined && this.isAlive(node),
    );
    return [...new Set([this.options.node(), ...others.map(([node]) => node)])];
  }

  /** Takes a node out, so that nobody waits for it. */
  async leave(node: string): Promise<void> {
    this.observed.delete(node);
    await this.options.port.removeField(this.options.key, node);
  }

  /** Those that have been dead for so long that their counters may go. */
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
      // A counter that is gone is one that has stopped.
      if (counter !== undefined) seen.since = now;
      seen.counter = counter;
    }
  }
}
