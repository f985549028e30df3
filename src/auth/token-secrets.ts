import { fileMistake, readNamedFile, type NamedFile } from '../config/setting-file.js';
import { tokenSecrets } from '../config/setting-types.js';
import type { VerificationKey } from './key-ring.js';

/** Reads a file with one or several secrets. Throws a `ConfigError` if it cannot be used. */
export async function readSecretFile(path: string): Promise<readonly string[]> {
  const file: NamedFile = { setting: 'AUTH_JWT_SECRET_FILE', path };
  const secrets = tokenSecrets.read(await readNamedFile(file));
  if (secrets !== undefined) return secrets;
  throw fileMistake(file, `which must hold ${tokenSecrets.description}`);
}

/** Imports the secrets once, because jose would import raw bytes again for every token. */
export function importSecrets(secrets: readonly string[]): Promise<readonly VerificationKey[]> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  return Promise.all(
    secrets.map(async (secret) => ({
      key: await crypto.subtle.importKey('raw', Buffer.from(secret), algorithm, false, ['verify']),
      algorithms: ['HS256'],
    })),
  );
}
