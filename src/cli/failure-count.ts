import { PresenceError } from '#client';
import { Failure, failureOf } from './failure.js';
import { counted } from './in-words.js';

/** Counts the failures of many operations, and keeps the first error. */
export class FailureCount {
  private first: unknown;
  count = 0;

  note(error: unknown): void {
    if (this.count++ === 0) this.first = error;
  }

  /** Throws if there was a failure. `noun` names the failed operation, `address` is the address of the service. */
  throwIfAny(noun: string, address: string): void {
    if (this.count === 0) return;
    const { first } = this;
    const why = first instanceof PresenceError ? failureOf(first, address).message : String(first);
    throw new Failure(`${counted(this.count, noun)} failed. The first: ${why}`);
  }
}
