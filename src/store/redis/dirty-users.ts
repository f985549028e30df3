/** Why a user must be written back, and by which node. */
export interface DirtyUser {
  /** Whether Redis has lost data, so that the state in Redis and the known one must be merged. */
  readonly isLost: boolean;
  /**
   * Whether a node of an older version has dropped data. The rendezvous owner, which writes lost users back, can be such a
   * node.
   */
  readonly isDropped: boolean;
  /** Whether the data concerns sessions of this node. */
  readonly isOurs: boolean;
}

const CLEAN: DirtyUser = { isLost: false, isDropped: false, isOurs: false };

/** Users of whom a replica knows more than Redis. The node writes them back. */
export class DirtyUsers {
  private readonly users = new Map<string, DirtyUser>();

  get size(): number {
    return this.users.size;
  }

  get(userId: string): DirtyUser {
    return this.users.get(userId) ?? CLEAN;
  }

  has(userId: string): boolean {
    return this.users.has(userId);
  }

  entries(): Iterable<[string, DirtyUser]> {
    return this.users.entries();
  }

  /** Adds a reason to write a user back, or takes one away. Without a reason, the user is not dirty any more. */
  mark(userId: string, change: Partial<DirtyUser>): void {
    const known = this.get(userId);
    const isOurs = known.isOurs || change.isOurs === true;
    const dirty = { ...known, ...change, isOurs };
    if (dirty.isLost || dirty.isDropped) this.users.set(userId, dirty);
    else this.users.delete(userId);
  }

  /** Removes a user whom this node has written. */
  delete(userId: string): void {
    this.users.delete(userId);
  }
}
