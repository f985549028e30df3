import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { HmacKey } from './hmac-key.js';
import { RandomBytes } from './random-bytes.js';
import type { SealingKeys } from './sealing-keys.js';

/** The first byte of a token. Another format would have another version. */
const VERSION = 1;
const SALT_BYTES = 16;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + SALT_BYTES;

/** Longer than any token of this service. A longer text is rejected without decoding. */
const MAX_LENGTH = 2000;

/**
 * Encrypts and authenticates data of the service as tokens that clients carry. A token reveals only its length, and
 * `open` accepts only tokens that were created with a known secret for the same purpose and context.
 *
 * Random nonces of AES-GCM are safe for about four billion tokens per key, which a busy service creates within weeks.
 * Therefore every token has its own key and nonce, derived from its salt.
 */
export class TokenSealer {
  private keys: readonly HmacKey[] = [];
  private keysOf: readonly string[] = [];
  private readonly salts = new RandomBytes(SALT_BYTES);

  constructor(
    private readonly secrets: SealingKeys,
    private readonly purpose: string,
  ) {}

  /** Encrypts `content`. The token does not contain `context`, but `open` needs the same value. */
  seal(content: Buffer, context = ''): string {
    const token = Buffer.allocUnsafe(HEADER_BYTES + content.length + TAG_BYTES);
    token[0] = VERSION;
    token.set(this.salts.next(), 1);
    const header = token.subarray(0, HEADER_BYTES);
    const { key, nonce } = derive(this.currentKeys()[0]!, header);
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(additionalData(header, context));
    token.set(cipher.update(content), HEADER_BYTES);
    // This mode encrypts each byte at once, so nothing is left for the end.
    cipher.final();
    token.set(cipher.getAuthTag(), HEADER_BYTES + content.length);
    return token.toString('base64url');
  }

  /**
   * Decrypts a token. Returns undefined if it was not created here, has another purpose or context, was modified, or
   * uses a secret that is no longer known.
   */
  open(token: string, context = ''): Buffer | undefined {
    if (!isSealed(token)) return undefined;
    const bytes = Buffer.from(token, 'base64url');
    if (bytes[0] !== VERSION) return undefined;
    for (const key of this.currentKeys()) {
      const content = openWith(key, bytes, context);
      if (content !== undefined) return content;
    }
    return undefined;
  }

  private currentKeys(): readonly HmacKey[] {
    const { keys: all } = this.secrets;
    if (this.keysOf !== all) {
      this.keysOf = all;
      this.keys = all.map((secret) => keyFor(this.purpose, secret));
    }
    return this.keys;
  }
}

/** Whether a text has the shape of a token, of any service and any version. */
export function isSealed(token: string): boolean {
  if (token.length > MAX_LENGTH) return false;
  const bytes = Buffer.from(token, 'base64url');
  // The decoder is lenient, so the text must equal its canonical encoding.
  return bytes.length >= HEADER_BYTES + TAG_BYTES && bytes.toString('base64url') === token;
}

function openWith(key: HmacKey, bytes: Buffer, context: string): Buffer | undefined {
  const header = bytes.subarray(0, HEADER_BYTES);
  const own = derive(key, header);
  const decipher = createDecipheriv('aes-256-gcm', own.key, own.nonce, {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(additionalData(header, context));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const content = decipher.update(bytes.subarray(HEADER_BYTES, -TAG_BYTES));
  try {
    return Buffer.concat([content, decipher.final()]);
  } catch {
    return undefined;
  }
}

function additionalData(header: Buffer, context: string): Buffer {
  return context === '' ? header : Buffer.concat([header, Buffer.from(context)]);
}

function keyFor(purpose: string, secret: string): HmacKey {
  const key = hkdfSync('sha256', secret, '', `presence token: ${purpose}`, 32);
  return new HmacKey('sha512', new Uint8Array(key));
}

/** Derives the key and the nonce of one token. */
function derive(key: HmacKey, header: Buffer): { readonly key: Buffer; readonly nonce: Buffer } {
  const bytes = key.codeOf(header);
  return { key: bytes.subarray(0, 32), nonce: bytes.subarray(32, 44) };
}
