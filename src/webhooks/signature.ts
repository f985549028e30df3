import { createHmac } from 'node:crypto';

/**
 * Returns the header `webhook-signature` of Standard Webhooks: one signature for each key, so that a receiver accepts the
 * request with an old or a new secret. `timestamp` is in seconds since the epoch.
 */
export function signatureOf(
  keys: readonly Buffer[],
  id: string,
  timestamp: number,
  body: string,
): string {
  return keys
    .map((key) => createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body))
    .map((hmac) => `v1,${hmac.digest('base64')}`)
    .join(' ');
}
