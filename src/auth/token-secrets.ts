import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import {
  decodeProtectedHeader,
  errors,
  type JWTClaimVerificationOptions,
  type JWTPayload,
  UnsecuredJWT,
} from 'jose';
import { fileMistake, readNamedFile, type NamedFile } from '../config/setting-file.js';
import { tokenSecrets } from '../config/setting-types.js';
import type { VerificationKeys } from './verification-keys.js';

/** Reads a file with one or several secrets. Throws a `ConfigError` if it cannot be used. */
export async function readSecretFile(path: string): Promise<readonly string[]> {
  const file: NamedFile = { setting: 'AUTH_JWT_SECRET_FILE', path };
  const secrets = tokenSecrets.read(await readNamedFile(file));
  if (secrets !== undefined) return secrets;
  throw fileMistake(file, `which must hold ${tokenSecrets.description}`);
}

/** The header of an unsecured token of RFC 7519, section 6, in base64url. */
const UNSECURED = Buffer.from('{"alg":"none"}').toString('base64url');

/**
 * Secrets that the issuers of tokens share with the service: HS256 of RFC 7518, section 3.2. The HMAC is computed at once. In
 * a job of the thread pool, as in `jwtVerify` of jose, the check of a token costs several times as much.
 */
export class TokenSecrets implements VerificationKeys {
  private readonly keys: readonly KeyObject[];

  constructor(secrets: readonly string[]) {
    this.keys = secrets.map((secret) => createSecretKey(secret, 'utf8'));
  }

  verify(token: string, options: JWTClaimVerificationOptions): JWTPayload {
    checkHeader(token);
    const end = token.lastIndexOf('.');
    const content = token.slice(0, end);
    const signature = Buffer.from(token.slice(end + 1), 'base64url');
    if (!this.keys.some((key) => isSignature(signature, content, key))) {
      throw new errors.JWSSignatureVerificationFailed();
    }
    // jose checks claims without a signature only in unsecured tokens. The signature has been verified above.
    const claims = content.slice(content.indexOf('.'));
    return UnsecuredJWT.decode(`${UNSECURED}${claims}.`, options).payload;
  }
}

/** Throws if the header is invalid, names an algorithm other than HS256, or has an extension (`crit`). */
function checkHeader(token: string): void {
  const { alg, crit } = headerOf(token);
  if (alg !== 'HS256') throw new errors.JOSEAlgNotAllowed();
  if (crit !== undefined) throw new errors.JOSENotSupported();
}

function headerOf(token: string): ReturnType<typeof decodeProtectedHeader> {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw new errors.JWSInvalid();
  }
}

function isSignature(signature: Buffer, content: string, key: KeyObject): boolean {
  const expected = createHmac('sha256', key).update(content).digest();
  return signature.length === expected.length && timingSafeEqual(signature, expected);
}
