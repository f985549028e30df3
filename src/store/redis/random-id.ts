import { randomFillSync } from 'node:crypto';

const ID_BYTES = 6;

/** Random bytes for the next ids. A call of the random generator for each batch would cost as much as one of its commits. */
const pool = Buffer.alloc(256 * ID_BYTES);
let used = pool.length;

/** Returns a random id of 48 bits in base64url: for a life of a node, for a batch, or for an epoch. */
export function randomId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += ID_BYTES;
  return pool.toString('base64url', used - ID_BYTES, used);
}
