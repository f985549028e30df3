import { setImmediate } from 'node:timers/promises';
import type { Timers } from '@presence-service/client';

/** A clock that stands still until it is advanced. */
export class ManualTimers implements Timers {
  private time = 1000;
  private readonly pending = new Map<number, { readonly at: number; readonly run: () => void }>();
  private lastHandle = 0;

  now(): number {
    return this.time;
  }

  setTimeout(run: () => void, ms: number): number {
    this.pending.set(++this.lastHandle, { at: this.time + ms, run });
    return this.lastHandle;
  }

  clearTimeout(handle: unknown): void {
    this.pending.delete(handle as number);
  }

  /** The number of pending callbacks. */
  get size(): number {
    return this.pending.size;
  }

  /** Advances the time, and runs all callbacks that become due, one after the other. */
  async pass(ms: number): Promise<void> {
    await settled();
    const end = this.time + ms;
    for (;;) {
      const [next] = [...this.pending].sort(([, a], [, b]) => a.at - b.at);
      if (next === undefined || next[1].at > end) break;
      const [handle, { at, run }] = next;
      this.pending.delete(handle);
      this.time = at;
      run();
      await settled();
    }
    this.time = end;
  }
}

/** Waits until all work is done that needs no timer. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await setImmediate();
}
