import type { Config } from '../config/config.js';
import { JwksKeys } from './jwks-keys.js';
import { KeyFile } from './key-file.js';
import { readPublicKeys } from './public-key-file.js';
import { readSecretFile, TokenSecrets } from './token-secrets.js';
import type { VerificationKeys } from './verification-keys.js';

/** Creates the keys that the settings name. A key file is read immediately, a key set is fetched later. */
export async function createVerificationKeys({
  secrets,
  secretFile,
  publicKeyFile,
  jwksUrl,
}: Partial<Config['auth']>): Promise<VerificationKeys> {
  if (secrets !== undefined) return new TokenSecrets(secrets);
  if (secretFile !== undefined) {
    return KeyFile.open('AUTH_JWT_SECRET_FILE', async () => {
      const texts = await readSecretFile(secretFile);
      return { texts, keys: new TokenSecrets(texts) };
    });
  }
  if (publicKeyFile !== undefined) {
    return KeyFile.open('AUTH_JWT_PUBLIC_KEY_FILE', () => readPublicKeys(publicKeyFile));
  }
  if (jwksUrl !== undefined) return new JwksKeys(jwksUrl);
  throw new Error('No key to verify tokens is configured.');
}
