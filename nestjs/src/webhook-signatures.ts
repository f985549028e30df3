import { createHmac, timingSafeEqual } from 'node:crypto';

/** Requests that are older are rejected, because they can be replays. */
const TOLERANCE_SECONDS = 300;

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The headers of a request that Standard Webhooks (https://www.standardwebhooks.com) defines. */
export interface SignedHeaders {
  readonly id: string;
  readonly timestamp: string;
  /** Several are separated by spaces: one for each secret of the service. */
  readonly signatures: string;
}

export function signedHeadersOf(headers: Headers): SignedHeaders {
  const [id = '', timestamp = '', signatures = ''] = ['id', 'timestamp', 'signature'].map((name) =>
    headers[`webhook-${name}`]?.toString(),
  );
  return { id, timestamp, signatures };
}

/** Whether the request was sent recently, by the clock of this machine. */
export function isRecent({ timestamp }: SignedHeaders): boolean {
  return Math.abs(Date.now() / 1000 - Number(timestamp || NaN)) <= TOLERANCE_SECONDS;
}

/** Whether a signature of the request belongs to one of the secrets, which are separated by spaces. */
export function isSigned(
  { id, timestamp, signatures }: SignedHeaders,
  body: Buffer,
  secrets: string,
): boolean {
  const given = signatures
    .split(' ')
    .filter((signature) => signature.startsWith('v1,'))
    .map((signature) => Buffer.from(signature.slice(3), 'base64'));
  return keysOf(secrets).some((key) => {
    const signed = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body);
    const expected = signed.digest();
    return given.some((mac) => mac.length === expected.length && timingSafeEqual(mac, expected));
  });
}

/** Throws `TypeError` for a text without secrets: an empty key would accept what anybody can sign. */
export function keysOf(secrets: string): readonly Buffer[] {
  const texts = secrets.split(/\s+/).filter((secret) => secret !== '');
  const keys = texts.map((text) => Buffer.from(text.replace(/^whsec_/, ''), 'base64'));
  if (keys.length > 0 && keys.every(({ length }) => length >= MIN_KEY_BYTES)) return keys;
  throw new TypeError('webhook.secret must be "whsec_" and the base64 of 24 bytes or more');
}

const MIN_KEY_BYTES = 24;
