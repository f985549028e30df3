import { expiresAt } from '../domain/deadlines.js';
import type { Presence } from '../domain/presence.js';
import { newUser, type Session, type User } from '../domain/user.js';
import { DeadlineQueue, type Timer } from './deadline-queue.js';
import type { PresenceView } from './presence-view.js';

/** By how many milliseconds an end that others gave may be noticed late after the wall clock was set forward. */
const NOTICED_LATE_MS = 1000;

/** How many users are looked through at a time. */
const PIECE = 1000;

/** What is held of a user, behind one look-up: to find it costs more than to change it once there are many. */
export interface UserEntry {
  readonly user: User;
  /** What a store that others share knows it by; see `src/store/redis`. */
  revision: string;
}

/** How much a store holds in the memory of this node. */
export interface TableSizes {
  /** Users of whom anything is known, also those of whom only an invisible session or choice is. */
  readonly users: number;
  /** Users who are OFFLINE to others and not forgotten yet. */
  readonly offline: number;
  /** Live sessions, on whichever node. */
  readonly sessions: number;
  /** Users for whom something is due at some time. */
  readonly alarms: number;
}

interface Entry extends UserEntry {
  user: User;
  alarm: Timer | undefined;
}

/** Users, with what is looked up of them: whose a session is, for whom something is due, who has long been gone. */
export class UserTable {
  private readonly users = new Map<string, Entry>();
  private readonly owners = new Map<string, string>();
  private readonly due = new DeadlineQueue();
  private readonly offline = new Set<string>();
  private readonly hiddenOffline = new Set<string>();
  /** How far the wall clock is ahead of the time of the queue, and the least that it was of all that was queued. */
  private wallAhead = 0;
  private leastWallAhead = 0;

  constructor(private readonly view: PresenceView) {}

  /** How much is held. */
  get sizes(): TableSizes {
    return {
      users: this.users.size,
      offline: this.offline.size,
      sessions: this.owners.size,
      alarms: this.due.size,
    };
  }

  get(userId: string): UserEntry | undefined {
    return this.users.get(userId);
  }

  find(userId: string): User {
    return this.users.get(userId)?.user ?? newUser(userId);
  }

  /** What others are shown. Undefined: nothing is known. */
  shownOf(userId: string): Presence | undefined {
    return this.users.get(userId)?.user.shown;
  }

  *all(): Generator<User> {
    for (const { user } of this.users.values()) yield user;
  }

  ownerOf(sessionId: string): string | undefined {
    return this.owners.get(sessionId);
  }

  /**
   * Who may be forgotten, the longest gone first: those who are OFFLINE to others, and those of whom others are shown
   * nothing any more but who have no session. Apart, so that what the latter do takes nobody's place among the former.
   */
  get evictionCandidates(): readonly ReadonlySet<string>[] {
    return [this.offline, this.hiddenOffline];
  }

  /** Takes in what became of a user, and shows it. `held` is what was held of the user before. */
  upsert(held: UserEntry | undefined, user: User, wakeAt: number | undefined): UserEntry {
    const entry = (held as Entry | undefined) ?? this.insert(user.userId);
    const before = entry.user;
    entry.user = user;
    this.wake(entry, wakeAt);
    if (!haveSameLive(before.sessions, user.sessions)) this.indexSessions(before, user);
    if (user.shown !== before.shown) this.view.update(before.shown, user.shown);
    if (user.shown.status === 'OFFLINE' || before.shown.status === 'OFFLINE')
      this.trackOffline(user);
    return entry;
  }

  /** Sets when something is due for a user to whom nothing has happened, beside what expires. */
  wake(held: UserEntry, wakeAt: number | undefined): void {
    const entry = held as Entry;
    const given = expiresAt(entry.user);
    if (given === undefined) return this.setAlarm(entry, wakeAt);
    this.setAlarm(entry, Math.min(given - this.wallAhead, wakeAt ?? Infinity));
  }

  /** See `PresenceStore`. What is queued too early costs one look; what is queued too late has to be found. */
  *followWall(aheadMs: number): Generator<void> {
    this.wallAhead = aheadMs;
    if (aheadMs < this.leastWallAhead) this.leastWallAhead = aheadMs;
    if (aheadMs < this.leastWallAhead + NOTICED_LATE_MS) return;
    this.leastWallAhead = aheadMs;
    let count = 0;
    for (const entry of this.users.values()) {
      const at = (expiresAt(entry.user) ?? Infinity) - aheadMs;
      if (at < (entry.alarm?.dueAt ?? Infinity)) this.setAlarm(entry, at);
      if (++count % PIECE === 0) yield;
    }
  }

  claimDue(now: number, limit: number): readonly string[] {
    return this.due.take(now, limit);
  }

  /** Drops a user who is OFFLINE to others, or keeps only what nobody else has seen. */
  evict(userId: string, kept: User | undefined): void {
    this.offline.delete(userId);
    this.hiddenOffline.delete(userId);
    const entry = this.users.get(userId);
    if (entry === undefined) return;
    if (kept) {
      entry.user = kept;
      this.trackOffline(kept);
    } else {
      this.users.delete(userId);
      this.setAlarm(entry, undefined);
    }
  }

  private setAlarm(entry: Entry, at: number | undefined): void {
    entry.alarm = this.due.set(entry.user.userId, at, entry.alarm);
  }

  private insert(userId: string): Entry {
    const entry: Entry = { user: newUser(userId), revision: '', alarm: undefined };
    this.users.set(userId, entry);
    return entry;
  }

  private trackOffline({ userId, shown, sessions }: User): void {
    const isGone = shown.status === 'OFFLINE';
    // Who is in already keeps the place.
    if (isGone && shown.version > 0) this.offline.add(userId);
    else this.offline.delete(userId);
    if (isGone && shown.version === 0 && sessions.length === 0) this.hiddenOffline.add(userId);
    else this.hiddenOffline.delete(userId);
  }

  private indexSessions(before: User, user: User): void {
    for (const { sessionId } of before.sessions) this.owners.delete(sessionId);
    for (const { sessionId, graceEndsAt } of user.sessions) {
      if (graceEndsAt === undefined) this.owners.set(sessionId, user.userId);
    }
  }
}

/** Whether the same sessions are live, which most commits leave as they are. */
function haveSameLive(a: readonly Session[], b: readonly Session[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i]!.sessionId !== b[i]!.sessionId) return false;
    if ((a[i]!.graceEndsAt === undefined) !== (b[i]!.graceEndsAt === undefined)) return false;
  }
  return true;
}
