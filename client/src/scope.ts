import { onAbort } from './abort.js';
import { PresenceError } from './presence-error.js';
import type { Timers } from './timers.js';

/**
 * Something that ends: with what it is part of, at a deadline, or by itself. Whoever opens one closes it, so that
 * nothing hangs on to its parents. (`AbortSignal.any` would do, but is not in every browser that is in use.)
 */
export class Scope {
  private readonly controller = new AbortController();
  /** Releases each parent and timer. One that was released is not kept: a stream sets a timer at every message. */
  private readonly bonds = new Set<() => void>();

  constructor(...parents: readonly (AbortSignal | undefined)[]) {
    for (const parent of parents) if (parent !== undefined) this.follow(parent);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Has it end with `parent`, too. Returns the way to take that back. */
  follow(parent: AbortSignal): () => void {
    return this.bind(onAbort(parent, () => this.abort(parent.reason)));
  }

  /** Ends it after so many milliseconds with an error that says `message` of then. Returns the way to take that back. */
  endAfter(timers: Timers, ms: number, code: 'timeout' | 'unavailable', message: () => string) {
    const timer = timers.setTimeout(() => this.abort(new PresenceError(code, message())), ms);
    return this.bind(() => timers.clearTimeout(timer));
  }

  abort(reason: unknown): void {
    if (!this.signal.aborted) this.controller.abort(reason);
    this.close();
  }

  /** Lets go of parents and timers. What has not ended by now does not end through them. */
  close(): void {
    for (const release of this.bonds) release();
    this.bonds.clear();
  }

  private bind(release: () => void): () => void {
    this.bonds.add(release);
    return () => {
      this.bonds.delete(release);
      release();
    };
  }
}
