import { RejectedError } from '../../domain/rejected-error.js';
import { TIMEOUT_MS, unavailable } from './partition-writer.js';

/** Work on Redis, or UNAVAILABLE: nobody who reads waits longer than who commands. */
export async function reachable(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable()), TIMEOUT_MS);
  });
  try {
    await Promise.race([work, tooLate]);
  } catch (error) {
    throw error instanceof RejectedError ? error : unavailable();
  } finally {
    clearTimeout(timer);
  }
}
