import { createHmac, timingSafeEqual } from 'node:crypto';

/** Verifies the signatures of Standard Webhooks (https://www.standardwebhooks.com). */
export class WebhookSecrets {
  private readonly keys: readonly Buffer[];

  constructor(secrets: string) {
    this.keys = secrets
      .trim()
      .split(/\s+/)
      .map((secret) => Buffer.from(secret.replace('whsec_', ''), 'base64'));
  }

  /** Whether one of the signatures, which are separated by spaces, matches one of the secrets. */
  match(signatures: string, id: string, timestamp: string, body: Buffer): boolean {
    const given = signatures
      .split(' ')
      .filter((signature) => signature.startsWith('v1,'))
      .map((signature) => Buffer.from(signature.slice(3), 'base64'));
    return this.keys.some((key) => {
      const expected = createHmac('sha256', key)
        .update(`${id}.${timestamp}.`)
        .update(body)
        .digest();
      return given.some((mac) => mac.length === expected.length && timingSafeEqual(mac, expected));
    });
  }
}
