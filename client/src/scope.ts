import { onAbort } from './abort.js';
import { PresenceError } from './presence-error.js';
import type { Timers } from './timers.js';

/**
 * A lifetime that ends with a parent, after a timeout or by `abort`. The code that opens a scope must close it,
 * otherwise the parents keep references to it. (`AbortSignal.any` would do the same, but some browsers in use lack it.)
 */
export class Scope {
  private readonly controller = new AbortController();
  /**
   * Functions that release parents and timers. A released one is removed, because a stream sets a timer for every
   * message.
   */
  private readonly bonds = new Set<() => void>();

  constructor(...parents: readonly (AbortSignal | undefined)[]) {
    for (const parent of parents) if (parent !== undefined) this.follow(parent);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Ends the scope when `parent` is aborted. Returns a function that undoes this. */
  follow(parent: AbortSignal): () => void {
    return this.bind(onAbort(parent, () => this.abort(parent.reason)));
  }

  /**
   * Ends the scope after `ms` milliseconds with an error. `message` is called at that time. Returns a function that
   * undoes this.
   */
  endAfter(timers: Timers, ms: number, code: 'timeout' | 'unavailable', message: () => string) {
    const timer = timers.setTimeout(() => this.abort(new PresenceError(code, message())), ms);
    return this.bind(() => timers.clearTimeout(timer));
  }

  abort(reason: unknown): void {
    if (!this.signal.aborted) this.controller.abort(reason);
    this.close();
  }

  /** Releases parents and timers. If the scope has not ended yet, they do not end it any more. */
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
