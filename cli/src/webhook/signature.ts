import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** The maximum difference between the time in a request and the clock, in seconds. */
const TOLERANCE_SECONDS = 300;

/** Reads secrets such as "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", separated by spaces. Undefined: one is malformed. */
export function secretsIn(text: string): Buffer[] | undefined {
  const secrets = text
    .trim()
    .split(/\s+/)
    .map((secret) => /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1]);
  if (secrets.includes(undefined)) return undefined;
  return secrets.map((secret) => Buffer.from(secret!, 'base64'));
}

/**
 * Verifies a request by the specification Standard Webhooks. Returns why it is not authentic, or undefined if it is.
 * `now` is the time of day in milliseconds since 1970.
 */
export function problemWith(
  headers: IncomingHttpHeaders,
  body: Buffer,
  secrets: readonly Buffer[],
  now: number,
): string | undefined {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'];
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string')
    return 'it lacks webhook-id, webhook-timestamp or webhook-signature';
  const isCurrent = Math.abs(now / 1000 - Number(timestamp)) <= TOLERANCE_SECONDS;
  if (!/^\d+$/.test(timestamp) || !isCurrent)
    return `webhook-timestamp is not within ${TOLERANCE_SECONDS} seconds of the clock here`;
  const given = signatures
    .split(' ')
    .filter((signature) => signature.startsWith('v1,'))
    .map((signature) => Buffer.from(signature.slice('v1,'.length), 'base64'));
  const isSigned = secrets.some((secret) => {
    const digest = createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest();
    return given.some((mac) => mac.length === digest.length && timingSafeEqual(mac, digest));
  });
  return isSigned ? undefined : 'the signature does not match the secret';
}
