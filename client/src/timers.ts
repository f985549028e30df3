/** Where time comes from. Tests hand in one that stands still until it is moved. */
export interface Timers {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once after so many milliseconds, and returns what `clearTimeout` takes. */
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
}

export const systemTimers: Timers = {
  now: () => Date.now(),
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
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const stop = () => {
      timers.clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = timers.setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
