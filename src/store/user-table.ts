import { newUser, type Session, type User } from '../domain/user.js';
import { DueQueue } from './due-queue.js';
import type { PresenceView } from './presence-view.js';

/** Users, with what is looked up of them: whose a session is, for whom something is due, who has long been gone. */
export class UserTable {
  private readonly users = new Map<string, User>();
  private readonly owners = new Map<string, string>();
  private readonly due = new DueQueue();
  private readonly offline = new Set<string>();

  constructor(private readonly view: PresenceView) {}

  find(userId: string): User {
    return this.users.get(userId) ?? newUser(userId);
  }

  has(userId: string): boolean {
    return this.users.has(userId);
  }

  all(): Iterable<User> {
    return this.users.values();
  }

  ownerOf(sessionId: string): string | undefined {
    return this.owners.get(sessionId);
  }

  /** Who is OFFLINE to others, the longest gone first. */
  get longestGone(): ReadonlySet<string> {
    return this.offline;
  }

  /** Takes in what became of a user, and shows it. */
  put(before: User, user: User, wakeAt: number | undefined): void {
    this.users.set(user.userId, user);
    this.due.set(user.userId, wakeAt);
    if (!haveSameLive(before.sessions, user.sessions)) this.noteOwners(before, user);
    if (user.shown !== before.shown) this.view.show(user.shown);
    if (user.shown.status === 'OFFLINE') this.offline.add(user.userId);
    else this.offline.delete(user.userId);
  }

  /** Drops a user who has no sessions. */
  remove(userId: string): void {
    this.users.delete(userId);
    this.offline.delete(userId);
    this.due.set(userId, undefined);
    this.view.forget(userId);
  }

  /** Keeps of someone invisible what only they know. Others have seen nothing of them for too long. */
  keepUnseen(user: User): void {
    this.users.set(user.userId, user);
    this.offline.delete(user.userId);
    this.view.forget(user.userId);
  }

  setDue(userId: string, wakeAt: number | undefined): void {
    if (this.users.has(userId)) this.due.set(userId, wakeAt);
  }

  takeDue(now: number, limit: number): readonly string[] {
    return this.due.take(now, limit);
  }

  private noteOwners(before: User, user: User): void {
    for (const { sessionId } of before.sessions) this.owners.delete(sessionId);
    for (const { sessionId, graceEndsAt } of user.sessions) {
      if (graceEndsAt === undefined) this.owners.set(sessionId, user.userId);
    }
  }
}

/** Whether the same sessions are live, which most commits leave as they are. */
function haveSameLive(a: readonly Session[], b: readonly Session[]): boolean {
  return (
    a.length === b.length &&
    a.every(
      ({ sessionId, graceEndsAt }, i) =>
        sessionId === b[i]!.sessionId &&
        (graceEndsAt === undefined) === (b[i]!.graceEndsAt === undefined),
    )
  );
}
