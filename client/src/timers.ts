import { unlessAborted } from './abort.js';

/** The source of time. Tests use one that stands still until they advance it. */
export interface Timers {
  /**
   * The milliseconds of a monotonic clock with any origin: only differences have a meaning. The library never uses the
   * time of day of the device.
   */
  now(): number;
  /** Calls `callback` once after `ms` milliseconds. Returns the handle for `clearTimeout`. */
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
}

export const systemTimers: Timers = {
  now: () => performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
};

/** The longest delay that timers of the platforms accept. They treat a longer delay as zero. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Resolves after `ms` milliseconds. Rejects with the reason of the signal if that is aborted first, and then leaves no
 * timer behind.
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
