/** The maximum pause between two attempts, in milliseconds. */
export const MAX_RETRY_MS = 300_000;

/**
 * Returns the milliseconds to wait after a number of consecutive failures: exponential backoff with jitter, so that the
 * partitions do not retry together. `askedMs` is the wait that the receiver asked for; it is respected up to the maximum.
 */
export function retryAfterMs(
  failures: number,
  firstMs: number,
  askedMs = 0,
  random = Math.random,
): number {
  const ceiling = Math.min(MAX_RETRY_MS, firstMs * 2 ** Math.min(failures, 30));
  const wait = firstMs + random() * Math.max(0, ceiling - firstMs);
  return Math.round(Math.min(MAX_RETRY_MS, Math.max(wait, askedMs)));
}

/** Reads the header `Retry-After`: seconds, or a date, which is compared with `now`. Undefined: missing or invalid. */
export function retryAfterHeader(text: string | null, now: number): number | undefined {
  if (text === null || text === '') return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // `Date.parse` alone would read many other texts as dates.
  const date = text.endsWith(' GMT') ? Date.parse(text) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
