// The signatures of Standard Webhooks (https://www.standardwebhooks.com). The package standardwebhooks does the same.
import { Buffer } from 'node:buffer';
import { createHmac, timingSafeEqual } from 'node:crypto';

/** A request that is older could be one that somebody recorded and sends again. */
const TOLERANCE_SECONDS = 300;

/** `secrets` are separated by spaces. During a change of the secret, the old and the new one are valid. */
export function createVerifier(secrets) {
  const keys = secrets
    .trim()
    .split(/\s+/)
    .map((secret) => Buffer.from(secret.replace('whsec_', ''), 'base64'));
  return (headers, body) => {
    const timestamp = headers['webhook-timestamp'] ?? '';
    const isRecent = Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE_SECONDS;
    const signed = `${headers['webhook-id']}.${timestamp}.`;
    const given = (headers['webhook-signature'] ?? '')
      .split(' ')
      .filter((signature) => signature.startsWith('v1,'))
      .map((signature) => Buffer.from(signature.slice(3), 'base64'));
    return isRecent && keys.some((key) => given.some((mac) => matches(mac, key, signed, body)));
  };
}

function matches(mac, key, signed, body) {
  const expected = createHmac('sha256', key).update(signed).update(body).digest();
  return mac.length === expected.length && timingSafeEqual(mac, expected);
}
