import { PresenceError } from '#client';
import { Failure, failureOf } from './failure.js';
import { counted } from './in-words.js';

/** How many of many things failed, and why the first did. */
export class FailureCount {
  private first: unknown;
  count = 0;

  note(error: unknown): void {
    if (this.count++ === 0) this.first = error;
  }

  /** `noun` is what failed, `address` where the service is. */
  throwIfAny(noun: string, address: string): void {
    if (this.count === 0) return;
    const { first } = this;
    const why = first instanceof PresenceError ? failureOf(first, address).message : String(first);
    throw new Failure(`${counted(this.count, noun)} failed. The first: ${why}`);
  }
}
