import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { fileMistake, readNamedFile, type NamedFile } from '../config/setting-file.js';
import { MAX_TOKEN_KEYS } from '../config/setting-types.js';
import type { KeysInFile } from './key-file.js';
import { KeyRing, type VerificationKey } from './key-ring.js';

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----/gs;
const BEGIN = /-----BEGIN /g;

/** Reads a PEM file with public keys or certificates. Throws a `ConfigError` if it cannot be used. */
export async function readPublicKeys(path: string): Promise<KeysInFile> {
  const file: NamedFile = { setting: 'AUTH_JWT_PUBLIC_KEY_FILE', path };
  const pem = await readNamedFile(file);
  // The public key could be derived from it, but a key that signs must not be on this machine.
  if (pem.includes('PRIVATE KEY')) throw fileMistake(file, 'but that is a private key');

  const texts = pem.match(BLOCK) ?? [];
  if (texts.length === 0) {
    throw fileMistake(file, 'which holds no public key or certificate in PEM form');
  }
  // A file that is half-written can end within a block.
  if (texts.length !== pem.match(BEGIN)?.length) {
    throw fileMistake(file, 'which holds an incomplete key');
  }
  const signers = signersIn(texts);
  const keys = signers.map((text) => keyIn(text, file));
  if (keys.length > MAX_TOKEN_KEYS) {
    throw fileMistake(file, `which holds ${keys.length} keys, more than ${MAX_TOKEN_KEYS}`);
  }
  return { texts: signers, keys: new KeyRing(keys) };
}

/**
 * Leaves out the issuers of a certificate chain: whoever has the key of a certificate authority must not be able to sign
 * tokens.
 */
function signersIn(texts: readonly string[]): readonly string[] {
  const certificates = texts.map(certificateIn);
  return texts.filter((_, i) => {
    const own = certificates[i];
    return !certificates.some((other) => own && other && hasIssued(own, other));
  });
}

function certificateIn(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
}

function hasIssued(issuer: X509Certificate, other: X509Certificate): boolean {
  if (issuer.publicKey.equals(other.publicKey)) return false;
  return other.checkIssued(issuer) && other.verify(issuer.publicKey);
}

function keyIn(text: string, file: NamedFile): VerificationKey {
  const key = parse(text);
  if (!key) throw fileMistake(file, 'which holds no public key or certificate in PEM form');
  const algorithms = algorithmsOf(key);
  if (algorithms.length > 0) return { key, algorithms };
  throw fileMistake(
    file,
    'but its key is none of RSA (2048 bits or more), P-256, P-384 and Ed25519',
  );
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
