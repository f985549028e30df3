import type { Change, PresenceUpdate } from './change.js';
import type { Presence } from './presence.js';

/** Whether a user belongs to the collection. */
export type Predicate = (presence: Presence<unknown>) => boolean;

/**
 * The state that a subscription has received so far: the users that belong to it, each with the newest presence. A new
 * snapshot is built separately and replaces the old one when it is complete, so that readers never see a partial
 * snapshot.
 */
export class LocalReplica<A> {
  private present: Snapshot<A>;
  private next: Snapshot<A> | undefined;

  constructor(private readonly belongs: Predicate) {
    this.present = new Snapshot<A>(belongs);
  }

  get presences(): ReadonlyMap<string, Presence<A>> {
    return this.present.presences;
  }

  /** Whether a new snapshot is being built. */
  get isIncomplete(): boolean {
    return this.next !== undefined;
  }

  /** Starts a new snapshot, to which all later messages belong. */
  restart(): void {
    this.next = new Snapshot<A>(this.belongs);
  }

  /** Continues from the current snapshot. An incomplete new snapshot is dropped. */
  resume(): void {
    this.next = undefined;
  }

  /** Applies a presence from a snapshot or an event. Returns the change that readers see, if any. */
  apply({ presence, reason, occurredAt }: PresenceUpdate<A>): Change<A> | undefined {
    const layer = this.next ?? this.present;
    const { userId } = presence;
    const previous = layer.presences.get(userId);
    if (!layer.apply(presence) || this.isIncomplete) return undefined;
    const current = layer.presences.get(userId);
    if (previous === undefined && current === undefined) return undefined;
    return { userId, previous, current, presence, reason, occurredAt };
  }

  /** Completes the new snapshot. Returns its differences from the previous one. */
  complete(): Change<A>[] {
    const { present, next } = this;
    if (next === undefined) return [];
    this.present = next;
    this.next = undefined;
    return [...present.differencesTo(next)];
  }

  /** Applies that a user may not belong to the collection any more. Returns the change that readers see, if any. */
  reconsider(userId: string): Change<A> | undefined {
    const previous = this.present.presences.get(userId);
    this.next?.reconsider(userId);
    if (!this.present.reconsider(userId) || previous === undefined) return undefined;
    return { userId, previous, current: undefined, presence: previous, ...REMOVED };
  }

  /** Forgets a user who left, so that any presence of the user is new. */
  forget(userId: string): void {
    this.present.forget(userId);
    this.next?.forget(userId);
  }

  /** Forgets the users who left. The service will not send known events again, so these presences are not needed. */
  compact(): void {
    this.present.forgetDeparted();
  }
}

/** The presences of one snapshot and of the events since. */
class Snapshot<A> {
  readonly presences = new Map<string, Presence<A>>();
  /**
   * The presences of users who left. A resumed subscription receives the events after its resume token again, and they
   * must not bring these users back.
   */
  private readonly tombstones = new Map<string, Presence<A>>();

  constructor(private readonly belongs: Predicate) {}

  /** Returns whether the presence was new. Several events of one commit carry the same presence. */
  apply(presence: Presence<A>): boolean {
    const { userId } = presence;
    const known = this.presences.get(userId) ?? this.tombstones.get(userId);
    if (known !== undefined && known.version >= presence.version) return false;
    const isHere = this.belongs(presence);
    (isHere ? this.presences : this.tombstones).set(userId, presence);
    (isHere ? this.tombstones : this.presences).delete(userId);
    return true;
  }

  /** Returns whether the user left. */
  reconsider(userId: string): boolean {
    const presence = this.presences.get(userId);
    if (presence === undefined || this.belongs(presence)) return false;
    this.presences.delete(userId);
    this.tombstones.set(userId, presence);
    return true;
  }

  forget(userId: string): void {
    this.tombstones.delete(userId);
  }

  forgetDeparted(): void {
    this.tombstones.clear();
  }

  *differencesTo(next: Snapshot<A>): Generator<Change<A>> {
    for (const [userId, previous] of this.presences) {
      const current = next.presences.get(userId);
      if (current?.version === previous.version) continue;
      // For a user who is not in the snapshot nothing newer is known, unless an event arrived during the snapshot.
      const presence = current ?? next.tombstones.get(userId) ?? previous;
      yield { userId, previous, current, presence, ...FOUND };
    }
    for (const [userId, current] of next.presences) {
      if (this.presences.has(userId)) continue;
      yield { userId, previous: undefined, current, presence: current, ...FOUND };
    }
  }
}

/** How a presence of a snapshot is reported. */
export const FOUND = { reason: 'snapshot', occurredAt: undefined } as const;

const REMOVED = { reason: 'removed', occurredAt: undefined } as const;
