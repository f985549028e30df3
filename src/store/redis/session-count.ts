import type { Session, User } from '../../domain/user.js';

/** The number of live sessions on each node. It shows which dead nodes have left sessions behind. */
export class SessionCountByNode {
  private readonly counts = new Map<string, number>();

  /** The nodes that hold sessions. */
  nodes(): Iterable<string> {
    return this.counts.keys();
  }

  count(before: User, after: User): void {
    if (before.sessions === after.sessions) return;
    for (const session of before.sessions) this.add(session, -1);
    for (const session of after.sessions) this.add(session, 1);
  }

  private add({ node, graceEndsAt }: Session, change: 1 | -1): void {
    if (graceEndsAt !== undefined) return;
    const count = (this.counts.get(node) ?? 0) + change;
    if (count === 0) this.counts.delete(node);
    else this.counts.set(node, count);
  }
}
