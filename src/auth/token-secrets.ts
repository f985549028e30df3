import { timingSafeEqual } from 'node:crypto';
import { decodeProtectedHeader, errors, type JWTPayload } from 'jose';
import { fileMistake, readNamedFile, type NamedFile } from '../config/setting-file.js';
import { tokenSecrets } from '../config/setting-types.js';
import { HmacKey } from '../sealed-tokens/hmac-key.js';
import { claimsOf, type ClaimRules } from './claims.js';
import type { VerificationKeys } from './verification-keys.js';

/** Reads a file with one or several secrets. Throws a `ConfigError` if it cannot be used. */
export async function readSecretFile(path: string): Promise<readonly string[]> {
  const file: NamedFile = { setting: 'AUTH_JWT_SECRET_FILE', path };
  const secrets = tokenSecrets.read(await readNamedFile(file));
  if (secrets !== undefined) return secrets;
  throw fileMistake(file, `which must hold ${tokenSecrets.description}`);
}

/** The headers of most tokens, in base64url. They need no check, because they name HS256 and no extension. */
const USUAL_HEADERS: readonly string[] = [
  '{"alg":"HS256"}',
  '{"alg":"HS256","typ":"JWT"}',
  '{"typ":"JWT","alg":"HS256"}',
].map((header) => Buffer.from(header).toString('base64url'));

/**
 * Secrets that the issuers of tokens share with the service: HS256 of RFC 7518, section 3.2. The HMAC is computed at once. In
 * a job of the thread pool, as in `jwtVerify` of jose, the check of a token costs several times as much.
 */
export class TokenSecrets implements VerificationKeys {
  private readonly keys: readonly HmacKey[];

  constructor(secrets: readonly string[]) {
    this.keys = secrets.map((secret) => new HmacKey('sha256', Buffer.from(secret)));
  }

  /** `token` has three parts in base64url: the verifier has checked its form. */
  verify(token: string, rules: ClaimRules): JWTPayload {
    const [start, end] = [token.indexOf('.'), token.lastIndexOf('.')];
    if (!USUAL_HEADERS.includes(token.slice(0, start))) checkHeader(token);
    const content = token.slice(0, end);
    const signature = Buffer.from(token.slice(end + 1), 'base64url');
    if (!this.keys.some((key) => isSignature(signature, content, key))) {
      throw new errors.JWSSignatureVerificationFailed();
    }
    return claimsOf(token.slice(start + 1, end), rules);
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

function isSignature(signature: Buffer, content: string, key: HmacKey): boolean {
  const expected = key.codeOf(content);
  return signature.length === expected.length && timingSafeEqual(signature, expected);
}
