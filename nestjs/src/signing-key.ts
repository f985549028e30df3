import { createHmac, createPrivateKey, sign, type KeyObject } from 'node:crypto';
import type { TokenOptions } from './token-options.js';

/** The number of bytes that the service requires of a secret. */
const SECRET_BYTES = 32;

/** The algorithms of JWTs for each curve, and the hash of each. */
const CURVES: Readonly<Record<string, readonly [alg: string, hash: string]>> = {
  prime256v1: ['ES256', 'sha256'],
  secp384r1: ['ES384', 'sha384'],
};

/** A key that signs tokens with one algorithm, which the service accepts. */
export interface SigningKey {
  readonly alg: string;
  sign(text: string): Buffer;
}

/** Reads the key in the options of the application. Throws `TypeError` if the service would not accept its tokens. */
export function signingKeyOf({ secret, privateKey }: TokenOptions): SigningKey {
  if (privateKey === undefined) return secretKey(secret ?? '');
  if (secret === undefined) return keyOfPem(privateKey);
  throw new TypeError('tokens has a secret and a private key, and only one of them can sign');
}

function secretKey(secrets: string): SigningKey {
  const [secret = ''] = secrets.trim().split(/\s+/);
  if (Buffer.byteLength(secret) < SECRET_BYTES) {
    throw new TypeError(`tokens.secret must have at least ${SECRET_BYTES} bytes`);
  }
  return { alg: 'HS256', sign: (text) => createHmac('sha256', secret).update(text).digest() };
}

function keyOfPem(pem: string): SigningKey {
  const key = parse(pem);
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa' && modulusLength >= 2048) {
    return { alg: 'RS256', sign: (text) => sign('sha256', Buffer.from(text), key) };
  }
  if (key.asymmetricKeyType === 'ed25519') {
    return { alg: 'EdDSA', sign: (text) => sign(null, Buffer.from(text), key) };
  }
  const curve = key.asymmetricKeyType === 'ec' ? CURVES[namedCurve] : undefined;
  if (curve === undefined) {
    throw new TypeError(
      'tokens.privateKey must be an RSA key of 2048 bits or more, P-256, P-384 or Ed25519',
    );
  }
  const [alg, hash] = curve;
  // JWTs have the two numbers of a signature without the ASN.1 around them.
  const options = { key, dsaEncoding: 'ieee-p1363' } as const;
  return { alg, sign: (text) => sign(hash, Buffer.from(text), options) };
}

/** The error names no part of the key. */
function parse(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new TypeError('tokens.privateKey must be a private key in PEM form');
  }
}
