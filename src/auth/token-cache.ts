import type { Clock } from '../clock/clock.js';
import type { Principal } from './principal.js';

/** The maximum number of cached tokens. The oldest one is evicted. */
const MAX_TOKENS = 10_000;

/** How long a token is not verified again, in milliseconds. A withdrawn key stays valid for as long. */
const MAX_AGE_MS = 30_000;

interface Verified {
  readonly caller: Principal;
  /** By the monotonic clock. */
  readonly until: number;
}

/** A cache of verified tokens: verifying a signature costs more than everything else in a call. */
export class TokenCache {
  private readonly tokens = new Map<string, Verified>();

  get size(): number {
    return this.tokens.size;
  }

  callerOf(token: string, clock: Pick<Clock, 'wall' | 'monotonic'>): Principal | undefined {
    const verified = this.tokens.get(token);
    if (verified === undefined || clock.monotonic() >= verified.until) return undefined;
    const { caller } = verified;
    return clock.wall() < (caller.expiresAt ?? Infinity) ? caller : undefined;
  }

  add(token: string, caller: Principal, now: number): void {
    // Deleted first, so that the token moves to the end of the map.
    this.tokens.delete(token);
    this.tokens.set(token, { caller, until: now + MAX_AGE_MS });
    this.dropWhile(() => this.tokens.size > MAX_TOKENS);
  }

  /** Removes expired tokens, because a token is a secret and uses a lot of memory. */
  forgetOld(now: number): void {
    this.dropWhile(({ until }) => until <= now);
  }

  private dropWhile(isInTheWay: (oldest: Verified) => boolean): void {
    for (const [token, verified] of this.tokens) {
      if (!isInTheWay(verified)) return;
      this.tokens.delete(token);
    }
  }
}
