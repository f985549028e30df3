import type { AttributeRecord, AttributeUpdate } from './attributes.js';
import type { Timers } from './timers.js';

interface OwnAttribute {
  readonly value: string;
  /** By the clock of the device. Undefined: it lasts as long as the session. */
  readonly expiresAt: number | undefined;
}

/**
 * The attributes that this session has set. At the service they end with each connection, so the client sets them again
 * when it connects.
 */
export class OwnAttributes {
  private readonly known = new Map<string, OwnAttribute>();

  constructor(
    private readonly timers: Timers,
    initial: AttributeRecord,
  ) {
    for (const [key, value] of Object.entries(initial)) {
      this.known.set(key, { value, expiresAt: undefined });
    }
  }

  /** Applies a change that the service has accepted. `sentAt` is the time of the call. */
  apply({ set, remove, expiresInMs }: AttributeUpdate, sentAt: number): void {
    for (const key of remove) this.known.delete(key);
    const expiresAt = expiresInMs === undefined ? undefined : sentAt + expiresInMs;
    for (const [key, value] of Object.entries(set)) this.known.set(key, { value, expiresAt });
  }

  /** Forgets all attributes, because the service does not accept them any more. */
  clear(): void {
    this.known.clear();
  }

  /** The attributes with which a new session starts: those that do not expire by themselves. */
  lasting(): AttributeRecord {
    const lasting = [...this.known].filter(([, { expiresAt }]) => expiresAt === undefined);
    return Object.fromEntries(lasting.map(([key, { value }]) => [key, value]));
  }

  /**
   * Returns the updates that a session needs that started with `started`: changes made since then, and attributes that
   * expire, with the time that is left to them.
   */
  updatesSince(started: AttributeRecord): AttributeUpdate[] {
    this.forgetExpired();
    const before = new Map(Object.entries(started));
    const now = Object.entries(this.lasting());
    const set = now.filter(([key, value]) => before.get(key) !== value);
    const remove = [...before.keys()].filter((key) => !this.known.has(key));
    const updates: AttributeUpdate[] = [];
    if (set.length > 0 || remove.length > 0) {
      updates.push({ set: Object.fromEntries(set), remove, expiresInMs: undefined });
    }
    for (const [expiresAt, entries] of this.expiring()) {
      const expiresInMs = expiresAt - this.timers.now();
      updates.push({ set: Object.fromEntries(entries), remove: [], expiresInMs });
    }
    return updates;
  }

  private expiring(): Map<number, [string, string][]> {
    const groups = new Map<number, [string, string][]>();
    for (const [key, { value, expiresAt }] of this.known) {
      if (expiresAt === undefined) continue;
      groups.set(expiresAt, [...(groups.get(expiresAt) ?? []), [key, value]]);
    }
    return groups;
  }

  private forgetExpired(): void {
    const now = this.timers.now();
    for (const [key, { expiresAt }] of this.known) {
      if (expiresAt !== undefined && expiresAt <= now) this.known.delete(key);
    }
  }
}
