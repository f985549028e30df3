import { createHmac } from 'node:crypto';
import { WEBHOOK_SECRET } from './webhook-receiver.js';

const BATCH = 'application/cloudevents-batch+json';

interface SignedRequest {
  readonly id?: string;
  readonly secret?: string;
  /** In milliseconds since 1970. */
  readonly sentAt?: number;
  /** The content type. */
  readonly type?: string;
}

/** Sends a body to a receiver of webhooks with a signature of Standard Webhooks, as the service does. */
export function postSigned(
  url: string,
  body: string,
  {
    id = 'batch-1',
    secret = WEBHOOK_SECRET,
    sentAt = Date.now(),
    type = BATCH,
  }: SignedRequest = {},
): Promise<Response> {
  const timestamp = Math.floor(sentAt / 1000);
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return fetch(url, {
    method: 'POST',
    headers: {
      'content-type': type,
      'webhook-id': id,
      'webhook-timestamp': `${timestamp}`,
      'webhook-signature': `v1,${signature}`,
    },
    body,
  });
}

/** An event of a webhook as the service sends it. */
export function cloudEvent(id: string, kind: string, userId: string, status: string): object {
  return {
    specversion: '1.0',
    id,
    source: 'presence',
    type: `presence.v1.${kind}`,
    subject: userId,
    time: '2026-11-30T12:00:00.000Z',
    datacontenttype: 'application/json',
    data: { presence: { userId, status }, reason: 'CHANGE_REASON_CONNECTED' },
  };
}
