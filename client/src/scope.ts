import { PresenceError } from './presence-error.js';
import type { Timers } from './timers.js';

/**
 * Something that ends: with what it is part of, at a deadline, or by itself. Whoever opens one closes it, so that
 * nothing hangs on to its parents. (`AbortSignal.any` would do, but is not in every browser that is in use.)
 */
export class Scope {
  private readonly controller = new AbortController();
  private readonly leave: (() => void)[] = [];

  constructor(...parents: readonly (AbortSignal | undefined)[]) {
    for (const parent of parents) if (parent !== undefined) this.follow(parent);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Has it end with `parent`, too. Returns the way to take that back. */
  follow(parent: AbortSignal): () => void {
    const end = () => this.abort(parent.reason);
    const leave = () => parent.removeEventListener('abort', end);
    if (parent.aborted) end();
    else parent.addEventListener('abort', end, { once: true });
    this.leave.push(leave);
    return leave;
  }

  /** Ends it after so many milliseconds with an error that says `message`. Returns the way to take that back. */
  endAfter(timers: Timers, ms: number, code: 'timeout' | 'unavailable', message: string) {
    const timer = timers.setTimeout(() => this.abort(new PresenceError(code, message)), ms);
    const clear = () => timers.clearTimeout(timer);
    this.leave.push(clear);
    return clear;
  }

  abort(reason: unknown): void {
    if (!this.signal.aborted) this.controller.abort(reason);
    this.close();
  }

  /** Lets go of parents and timers. What has not ended by now does not end through them. */
  close(): void {
    for (const leave of this.leave.splice(0)) leave();
  }
}

/** What `promise` gives, unless the signal ends the wait for it. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const scope = new Scope(signal);
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        const end = () => reject(scope.signal.reason as Error);
        if (scope.signal.aborted) end();
        else scope.signal.addEventListener('abort', end, { once: true });
      }),
    ]);
  } finally {
    scope.close();
  }
}
