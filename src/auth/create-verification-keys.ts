import type { Config } from '../config/config.js';
import { publicKeyFile } from './public-key-file.js';
import { JwksKeys } from './jwks-keys.js';
import type { VerificationKeys } from './verification-keys.js';

/** Creates the keys that the settings name. A key file is read immediately, a key set is fetched later. */
export async function createVerificationKeys(
  auth: Partial<Config['auth']>,
): Promise<VerificationKeys> {
  if (auth.secret !== undefined) return sharedSecret(auth.secret);
  if (auth.publicKeyFile !== undefined) return publicKeyFile(auth.publicKeyFile);
  if (auth.jwksUrl !== undefined) return new JwksKeys(auth.jwksUrl);
  throw new Error('No key to verify tokens is configured.');
}

async function sharedSecret(secret: string): Promise<VerificationKeys> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  // Imported once, because jose would import raw bytes again for every token.
  const key = await crypto.subtle.importKey('raw', Buffer.from(secret), algorithm, false, [
    'verify',
  ]);
  return { algorithms: ['HS256'], getKey: () => key };
}
