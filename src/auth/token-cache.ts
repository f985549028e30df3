import type { Clock } from '../clock/clock.js';
import type { Principal } from './principal.js';

/** How many are remembered. The one that has been there longest makes room. */
const MAX_TOKENS = 10_000;

/** For how long a token is not checked again, which is how long a withdrawn key goes on to be good. */
const MAX_AGE_MS = 30_000;

interface Verified {
  readonly caller: Principal;
  /** By the monotonic clock. */
  readonly until: number;
}

/** Tokens that were verified a moment ago: a signature costs more than everything else about a call. */
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
    // Taken out first, so that it goes to the end of the line.
    this.tokens.delete(token);
    this.tokens.set(token, { caller, until: now + MAX_AGE_MS });
    this.dropWhile(() => this.tokens.size > MAX_TOKENS);
  }

  /** Lets go of those that are not good any more: a token is a secret, and no small one. */
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
