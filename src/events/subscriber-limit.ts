import { RejectedError } from '../domain/rejected-error.js';

/** Counts the subscriptions of each user, and rejects those above the limit. */
export class SubscriberLimit {
  private readonly counts = new Map<string, number>();

  constructor(private readonly max: number) {}

  /** The number of users with at least one subscription. */
  get size(): number {
    return this.counts.size;
  }

  /**
   * Registers a subscription and returns the function that removes it. Throws TOO_MANY_SUBSCRIPTIONS at the limit.
   */
  enter(userId: string): () => void {
    const count = this.counts.get(userId) ?? 0;
    if (count >= this.max) {
      throw new RejectedError(
        'TOO_MANY_SUBSCRIPTIONS',
        `a user may have ${this.max} subscriptions at once; end one first`,
      );
    }
    this.counts.set(userId, count + 1);
    return () => this.leave(userId);
  }

  private leave(userId: string): void {
    const count = this.counts.get(userId) ?? 0;
    if (count > 1) this.counts.set(userId, count - 1);
    else this.counts.delete(userId);
  }
}
