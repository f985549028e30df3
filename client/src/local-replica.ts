import type { Change, PresenceUpdate } from './change.js';
import type { Presence } from './presence.js';

/** Whether a user is part of what is watched. */
export type Predicate = (presence: Presence) => boolean;

/**
 * What a subscription has told so far: the users that belong to it, each with the newest presence. A new picture is
 * made aside and takes the place of the old one when it is complete, so that nobody is ever shown half of one.
 */
export class LocalReplica {
  private present: Snapshot;
  private next: Snapshot | undefined;

  constructor(private readonly belongs: Predicate) {
    this.present = new Snapshot(belongs);
  }

  get presences(): ReadonlyMap<string, Presence> {
    return this.present.presences;
  }

  /** Whether a new picture is being made. */
  get isIncomplete(): boolean {
    return this.next !== undefined;
  }

  /** What comes from now on is a new picture. */
  restart(): void {
    this.next = new Snapshot(this.belongs);
  }

  /** What comes from now on goes on from the present picture. A new one that was not completed is dropped. */
  resume(): void {
    this.next = undefined;
  }

  /** Part of a snapshot, or what an event says. Returns what changed for those who look on. */
  apply({ presence, reason, occurredAt }: PresenceUpdate): Change | undefined {
    const layer = this.next ?? this.present;
    const { userId } = presence;
    const previous = layer.presences.get(userId);
    if (!layer.apply(presence) || this.isIncomplete) return undefined;
    const current = layer.presences.get(userId);
    if (previous === undefined && current === undefined) return undefined;
    return { userId, previous, current, presence, reason, occurredAt };
  }

  /** The picture is complete. Returns how it differs from the one before. */
  complete(): Change[] {
    const { present, next } = this;
    if (next === undefined) return [];
    this.present = next;
    this.next = undefined;
    return [...present.differencesTo(next)];
  }

  /** Nothing that has been learned will be told again, so that who has left need not be remembered. */
  compact(): void {
    this.present.forgetDeparted();
  }
}

/** One picture. */
class Snapshot {
  readonly presences = new Map<string, Presence>();
  /**
   * The presences of those who have left. A subscription that resumes is told again what came after its token, and
   * must not bring them back.
   */
  private readonly tombstones = new Map<string, Presence>();

  constructor(private readonly belongs: Predicate) {}

  /** Returns whether it was new. Several events of one commit carry the same presence. */
  apply(presence: Presence): boolean {
    const { userId } = presence;
    const known = this.presences.get(userId) ?? this.tombstones.get(userId);
    if (known !== undefined && known.version >= presence.version) return false;
    const isHere = this.belongs(presence);
    (isHere ? this.presences : this.tombstones).set(userId, presence);
    (isHere ? this.tombstones : this.presences).delete(userId);
    return true;
  }

  forgetDeparted(): void {
    this.tombstones.clear();
  }

  *differencesTo(next: Snapshot): Generator<Change> {
    for (const [userId, previous] of this.presences) {
      const current = next.presences.get(userId);
      if (current?.version === previous.version) continue;
      // Of one who is not in the snapshot nothing newer is known, unless it was told while the snapshot came.
      const presence = current ?? next.tombstones.get(userId) ?? previous;
      yield { userId, previous, current, presence, ...FOUND };
    }
    for (const [userId, current] of next.presences) {
      if (this.presences.has(userId)) continue;
      yield { userId, previous: undefined, current, presence: current, ...FOUND };
    }
  }
}

const FOUND = { reason: 'snapshot', occurredAt: undefined } as const;
