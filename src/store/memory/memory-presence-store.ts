import type { Step } from '../../domain/step.js';
import { forgotten, newUser, type User } from '../../domain/user.js';
import { PresenceStore, type ChangeUser, type CommitListener } from '../presence-store.js';
import { PresenceView } from '../presence-view.js';
import { DueQueue } from './due-queue.js';

export interface MemoryStoreOptions {
  /** How many users who are OFFLINE to others are remembered. The longest gone are forgotten first. */
  readonly maxOfflineUsers: number;
}

/** Presence of one node in its own memory. A restart starts from nothing. */
export class MemoryPresenceStore extends PresenceStore {
  // Alone, and remembered by nobody: any name will do.
  readonly node = 'memory';
  readonly view = new PresenceView();
  private readonly users = new Map<string, User>();
  private readonly owners = new Map<string, string>();
  private readonly due = new DueQueue();
  /** Who is OFFLINE to others, the longest gone first. */
  private readonly offline = new Set<string>();
  private readonly listeners = new Set<CommitListener>();

  constructor(private readonly options: MemoryStoreOptions) {
    super();
  }

  // Runs to its end before anybody else's: in one process no commit can come in between.
  async update(userId: string, change: ChangeUser): Promise<Step> {
    const before = this.users.get(userId) ?? newUser(userId);
    const step = change(before);
    if (step.user !== before) this.commit(before, step);
    else if (this.users.has(userId)) this.due.set(userId, step.wakeAt);
    return step;
  }

  async find(userId: string): Promise<User> {
    return this.users.get(userId) ?? newUser(userId);
  }

  async ownerOf(sessionId: string): Promise<string | undefined> {
    return this.owners.get(sessionId);
  }

  async takeDue(now: number, limit: number): Promise<readonly string[]> {
    return this.due.take(now, limit);
  }

  async refresh(): Promise<void> {}

  onCommit(listener: CommitListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private commit(before: User, step: Step): void {
    const { user } = step;
    this.users.set(user.userId, user);
    this.due.set(user.userId, step.wakeAt);
    for (const { sessionId } of step.ended) this.owners.delete(sessionId);
    this.noteOwner(before, user);
    if (user.shown !== before.shown) this.view.show(user.shown);
    this.rememberOffline(user);
    for (const listener of this.listeners) listener(step);
  }

  /** A session that has begun is the last one. Most commits begin none, and are spared the look-up. */
  private noteOwner(before: User, { userId, sessions }: User): void {
    const last = sessions.at(-1);
    if (last === undefined || last.graceEndsAt !== undefined) return;
    if (last.sessionId !== before.sessions.at(-1)?.sessionId) {
      this.owners.set(last.sessionId, userId);
    }
  }

  private rememberOffline(user: User): void {
    if (user.shown.status !== 'OFFLINE') {
      this.offline.delete(user.userId);
      return;
    }
    this.offline.add(user.userId);
    for (const userId of this.offline) {
      if (this.offline.size <= this.options.maxOfflineUsers) return;
      this.forget(userId);
    }
  }

  private forget(userId: string): void {
    this.offline.delete(userId);
    const user = this.users.get(userId);
    const kept = user && forgotten(user);
    this.view.forget(userId);
    if (kept) {
      this.users.set(userId, kept);
    } else {
      this.users.delete(userId);
      this.due.set(userId, undefined);
    }
  }
}
