/**
 * A smaller difference between the clocks cannot be distinguished from the duration of the response. The date of the
 * response also has no fractions of a second.
 */
const NOTICEABLE_MS = 2000;

/** Returns how far the clock of the service was ahead of the local clock at a response, in milliseconds. */
export function clockAheadMs({ headers }: Response): number {
  const ahead = Date.parse(headers.get('date') ?? '') - Date.now();
  return Math.abs(ahead) > NOTICEABLE_MS ? ahead : 0;
}

/** Measures the clock of the service without the metrics, which only admins see. Returns 0 if that is not possible. */
export async function fetchClockAheadMs(signal: AbortSignal): Promise<number> {
  try {
    return clockAheadMs(await fetch('/', { method: 'HEAD', signal, cache: 'no-store' }));
  } catch {
    return 0;
  }
}
