import { unlessAborted } from './abort.js';

/** Where time comes from. Tests hand in one that stands still until it is moved. */
export interface Timers {
  /**
   * Milliseconds since any moment, by a clock that nobody sets: only differences have a meaning. The library never asks
   * what time the device believes it is.
   */
  now(): number;
  /** Calls back once after so many milliseconds, and returns what `clearTimeout` takes. */
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
}

export const systemTimers: Timers = {
  now: () => performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
};

/** More is taken for nothing by the timers of the platforms. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Resolves after so many milliseconds. Rejects with the reason of the signal when that comes first, and leaves no
 * timer.
 */
export async function sleep(timers: Timers, ms: number, signal: AbortSignal): Promise<void> {
  let rest = ms;
  for (; rest > LONGEST_MS; rest -= LONGEST_MS) await sleepOnce(timers, LONGEST_MS, signal);
  await sleepOnce(timers, Math.max(0, rest), signal);
}

function sleepOnce(timers: Timers, ms: number, signal: AbortSignal): Promise<void> {
  let timer: unknown;
  const time = new Promise<void>((resolve) => (timer = timers.setTimeout(resolve, ms)));
  return unlessAborted(time, signal).finally(() => timers.clearTimeout(timer));
}
