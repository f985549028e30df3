import { createHash } from 'node:crypto';
import { isIdentifier } from '../domain/identifier.js';

const DIGEST_BYTES = 6;

/**
 * A page token says after which user the next page begins. It also carries a digest of the list it was made for, so
 * that it is refused for another one, where it would silently skip users.
 */
export function formatPageToken(list: string, lastUserId: string): string {
  return Buffer.concat([digest(list), Buffer.from(lastUserId)]).toString('base64url');
}

/** Undefined: not a token of this list. */
export function parsePageToken(list: string, token: string): string | undefined {
  const bytes = Buffer.from(token, 'base64url');
  const lastUserId = bytes.toString('utf8', DIGEST_BYTES);
  // Decoding is lenient; only what we would have written ourselves is taken.
  return isIdentifier(lastUserId) && formatPageToken(list, lastUserId) === token
    ? lastUserId
    : undefined;
}

function digest(list: string): Buffer {
  return createHash('sha256').update(list).digest().subarray(0, DIGEST_BYTES);
}
