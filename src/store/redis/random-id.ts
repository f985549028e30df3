import { RandomBytes } from '../../sealed-tokens/random-bytes.js';

/** Many at once: a call of the random generator for each batch would cost as much as one of its commits. */
const ids = new RandomBytes(6);

/** Returns a random id of 48 bits in base64url: for a life of a node, for a batch, or for an epoch. */
export function randomId(): string {
  return ids.next().toString('base64url');
}
