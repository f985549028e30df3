import { RejectedError } from '../../domain/rejected-error.js';
import { TIMEOUT_MS, unavailable } from './partition-writer.js';

/**
 * Runs work on Redis, and fails with STORE_UNAVAILABLE after the same timeout as an update, so that reads never wait
 * longer than commands.
 */
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
