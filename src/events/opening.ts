import type { Presence } from '../domain/presence.js';
import { encodeReset, encodeSnapshot } from './encode.js';

/** How many presences go into one message: some 50 to 100 KiB. */
const PRESENCES_PER_MESSAGE = 500;

/**
 * The first messages of a subscription that begins with the state: the word that an older state is void, and the
 * snapshot. The presences were taken at one moment; each message is made when it can be sent.
 */
export function* openingMessages(
  isReset: boolean,
  snapshot: readonly Presence[],
): Generator<Buffer> {
  if (isReset) yield encodeReset();
  for (let start = 0; start < snapshot.length; start += PRESENCES_PER_MESSAGE) {
    yield encodeSnapshot(snapshot.slice(start, start + PRESENCES_PER_MESSAGE));
  }
}
