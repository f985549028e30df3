import { createPublicKey, type KeyObject } from 'node:crypto';
import { fileMistake, readNamedFile } from '../config/setting-file.js';
import type { VerificationKeys } from './verification-keys.js';

/** Reads a PEM file with a public key or a certificate. Throws a `ConfigError` if it cannot be used. */
export async function publicKeyFile(path: string): Promise<VerificationKeys> {
  const file = { setting: 'AUTH_JWT_PUBLIC_KEY_FILE', path } as const;
  const pem = await readNamedFile(file);
  // The public key could be derived from it, but a key that signs must not be on this machine.
  if (pem.includes('PRIVATE KEY')) throw fileMistake(file, 'but that is a private key');

  const key = parse(pem);
  if (!key) throw fileMistake(file, 'which holds no public key or certificate in PEM form');
  const algorithms = algorithmsOf(key);
  if (algorithms.length === 0) {
    throw fileMistake(
      file,
      'but its key is none of RSA (2048 bits or more), P-256, P-384 and Ed25519',
    );
  }
  return { algorithms, getKey: () => key };
}

function parse(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

/** Returns the algorithms for this type of key. A token cannot use the key with any other algorithm. */
function algorithmsOf(key: KeyObject): readonly string[] {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return modulusLength >= 2048 ? ['RS256', 'PS256'] : [];
    case 'ec':
      return namedCurve === 'prime256v1' ? ['ES256'] : namedCurve === 'secp384r1' ? ['ES384'] : [];
    case 'ed25519':
      return ['EdDSA', 'Ed25519'];
    default:
      return [];
  }
}
