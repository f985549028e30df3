import { setImmediate } from 'node:timers/promises';
import { expiresAt } from '../domain/deadlines.js';
import { NO_ACCESS_RULES } from '../domain/access-rules.js';
import type { Presence } from '../domain/presence.js';
import { isOnlyRevocation, newUser, type Session, type User } from '../domain/user.js';
import { groupsOf, viewedOf, type Viewed } from '../domain/visibility.js';
import { DeadlineQueue, NO_DUE_TIME, type Timer } from './deadline-queue.js';
import { PlainUser } from './plain-user.js';
import type { PresenceView } from './presence-view.js';

/** The maximum delay in milliseconds for an externally given expiry after the wall clock was set forward. */
const NOTICED_LATE_MS = 1000;

/** The number of users checked in one slice of the event loop. */
const PIECE = 1000;

/** The entry of a user, found by one lookup. With many users the lookup costs more than the change itself. */
export interface UserEntry {
  /** A copy of most users, so read it once. */
  readonly user: User;
  /** The revision of the user in a shared store; see `src/store/redis`. */
  revision: string;
  /** Whether this is still the state of the user. */
  holds(user: User): boolean;
}

/** The sizes of what a store holds in the memory of this node. */
export interface TableSizes {
  /** Users of whom anything is known, including those with only an invisible session or choice. */
  readonly users: number;
  /** Users who are OFFLINE to others and not evicted yet. */
  readonly offline: number;
  /** Live sessions on all nodes. */
  readonly sessions: number;
  /** Users with a timer for their next deadline. */
  readonly timers: number;
}

/** The entry is the timer of the next deadline, because a second object per user would cost too much memory. */
class Entry implements UserEntry, Timer {
  revision = '';
  dueAt = NO_DUE_TIME.dueAt;
  position = NO_DUE_TIME.position;

  constructor(public state: User | PlainUser) {}

  get user(): User {
    return this.state instanceof PlainUser ? this.state.user : this.state;
  }

  get viewed(): Viewed {
    return this.state instanceof PlainUser ? this.state.viewed : viewedOf(this.state);
  }

  /** When the user changes by the wall clock; see `expiresAt` in deadlines.ts. */
  get expiresAt(): number | undefined {
    return this.state instanceof PlainUser ? this.state.expiresAt : expiresAt(this.state);
  }

  holds(user: User): boolean {
    return this.state instanceof PlainUser ? this.state.represents(user) : this.state === user;
  }
}

/** All users, with indexes for the owner of a session, due deadlines, and users who have been OFFLINE for longest. */
export class UserTable {
  private readonly users = new Map<string, Entry>();
  private readonly owners = new Map<string, string>();
  private readonly due = new DeadlineQueue<Entry>();
  private readonly offline = new Set<string>();
  private readonly hiddenOffline = new Set<string>();
  /**
   * The offset in milliseconds from service time to wall clock, and the smallest offset that any queued timer was set
   * with.
   */
  private wallAhead = 0;
  private leastWallAhead = 0;

  /** Several tables can share the view. */
  constructor(private readonly view: PresenceView) {}

  /** The current sizes. */
  get sizes(): TableSizes {
    return {
      users: this.users.size,
      offline: this.offline.size,
      sessions: this.owners.size,
      timers: this.due.size,
    };
  }

  get(userId: string): UserEntry | undefined {
    return this.users.get(userId);
  }

  find(userId: string): User {
    return this.users.get(userId)?.user ?? newUser(userId);
  }

  /** The shown presence of a user. Undefined: nothing is known. */
  shownOf(userId: string): Presence | undefined {
    return this.users.get(userId)?.state.shown;
  }

  /** The part of a user that decides what others see. Undefined: nothing is known. */
  viewedOf(userId: string): Viewed | undefined {
    return this.users.get(userId)?.viewed;
  }

  *all(): Generator<User> {
    for (const { user } of this.users.values()) yield user;
  }

  ownerOf(sessionId: string): string | undefined {
    return this.owners.get(sessionId);
  }

  /**
   * Users who may be evicted, the longest OFFLINE first: those with an OFFLINE shown presence, and those with neither a
   * shown presence nor a session. The sets are separate so that hidden users never displace visible ones.
   */
  get evictionCandidates(): readonly ReadonlySet<string>[] {
    return [this.offline, this.hiddenOffline];
  }

  /** Stores the new state of a user and updates the view. `held` is the entry of the user, and `before` its state. */
  upsert(
    held: UserEntry | undefined,
    before: User,
    user: User,
    wakeAt: number | undefined,
  ): UserEntry {
    const entry = (held as Entry | undefined) ?? this.insert(user);
    entry.state = PlainUser.storedAs(user, entry.state);
    this.wake(entry, wakeAt);
    if (!haveSameLive(before.sessions, user.sessions)) this.indexSessions(before, user);
    if (mayConcernViewers(before, user)) this.view.update(viewedOf(before), viewedOf(user));
    if (user.accessRules !== before.accessRules)
      this.view.updateTokensValidFrom(user.userId, user.accessRules.tokensValidFrom);
    if (user.shown.status === 'OFFLINE' || before.shown.status === 'OFFLINE')
      this.trackOffline(user);
    return entry;
  }

  /** Sets the next deadline of an unchanged user. An earlier expiry by the wall clock takes precedence. */
  wake(held: UserEntry, wakeAt: number | undefined): void {
    const entry = held as Entry;
    const given = entry.expiresAt;
    if (given === undefined) return this.due.set(entry, wakeAt);
    this.due.set(entry, Math.min(given - this.wallAhead, wakeAt ?? Infinity));
  }

  /**
   * Sets how many milliseconds the wall clock is ahead of the time of `claimDue`. A timer that is too early costs one check. One that is too late must
   * be found and moved, in slices of the event loop.
   */
  async followWall(aheadMs: number): Promise<void> {
    this.wallAhead = aheadMs;
    if (aheadMs < this.leastWallAhead) this.leastWallAhead = aheadMs;
    if (aheadMs < this.leastWallAhead + NOTICED_LATE_MS) return;
    this.leastWallAhead = aheadMs;
    let count = 0;
    for (const entry of this.users.values()) {
      const at = (entry.expiresAt ?? Infinity) - aheadMs;
      if (at < entry.dueAt) this.due.set(entry, at);
      if (++count % PIECE === 0) await setImmediate();
    }
  }

  claimDue(now: number, limit: number): readonly string[] {
    return this.due.take(now, limit).map(({ state }) => state.userId);
  }

  /** Removes a user who is OFFLINE to others, or keeps only the state that others have never seen. */
  evict(userId: string, kept: User | undefined): void {
    this.offline.delete(userId);
    this.hiddenOffline.delete(userId);
    const entry = this.users.get(userId);
    if (entry === undefined) return;
    const { user } = entry;
    if (kept) {
      if (mayConcernViewers(user, kept)) this.view.update(viewedOf(user), viewedOf(kept));
      entry.state = PlainUser.storedAs(kept, entry.state);
      this.trackOffline(kept);
    } else {
      if (user.accessRules !== NO_ACCESS_RULES)
        this.view.update(viewedOf(user), viewedOf(newUser(userId)));
      this.users.delete(userId);
      this.view.updateTokensValidFrom(userId, undefined);
      this.due.set(entry, undefined);
    }
  }

  private insert(user: User): Entry {
    const entry = new Entry(user);
    this.users.set(user.userId, entry);
    return entry;
  }

  private trackOffline(user: User): void {
    const { userId, shown, sessions } = user;
    const isGone = shown.status === 'OFFLINE';
    // A user who is already in a set keeps the position there.
    if (isGone && shown.version > 0) this.offline.add(userId);
    else this.offline.delete(userId);
    const isHidden = isGone && shown.version === 0 && sessions.length === 0;
    if (isHidden && !isOnlyRevocation(user)) this.hiddenOffline.add(userId);
    else this.hiddenOffline.delete(userId);
  }

  private indexSessions(before: User, user: User): void {
    for (const { sessionId } of before.sessions) this.owners.delete(sessionId);
    for (const { sessionId, graceEndsAt } of user.sessions) {
      if (graceEndsAt === undefined) this.owners.set(sessionId, user.userId);
    }
  }
}

/** Whether a change of a user may concern what others see. Most commits change sessions without groups only. */
function mayConcernViewers(before: User, after: User): boolean {
  return (
    after.shown !== before.shown ||
    after.accessRules !== before.accessRules ||
    (after.sessions !== before.sessions && groupsOf(after) !== groupsOf(before))
  );
}

/** Whether both lists have the same live sessions. Most commits do not change them. */
function haveSameLive(a: readonly Session[], b: readonly Session[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i]!.sessionId !== b[i]!.sessionId) return false;
    if ((a[i]!.graceEndsAt === undefined) !== (b[i]!.graceEndsAt === undefined)) return false;
  }
  return true;
}
