import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { fromJson, toBinary, type JsonValue } from '@bufbuild/protobuf';
import { PresenceEventSchema } from '#contract/presence/v1/events_service_pb.js';
import { PresenceEvent } from '../../../src/api/generated/presence/v1/events_service.pb.js';
import { deliveryOf } from '../delivery.js';
import type { WebhookEvent, WebhookRequest } from './webhook-history.js';

const KEY = Buffer.from('the key of the webhooks of the chaos');

export const WEBHOOK_SECRET = `whsec_${KEY.toString('base64')}`;

const MAX_EVENTS = 100;
const MAX_BYTES = 256 * 1024;

/** The documentation tells receivers to reject older requests. */
const TOLERANCE_SECONDS = 300;

interface CloudEvent {
  readonly specversion: string;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly time: string;
  readonly datacontenttype: string;
  readonly data: { readonly from?: string; readonly to: string } & JsonValue;
}

/** Reads a request as the documentation tells receivers to do. */
export function readRequest(
  headers: IncomingHttpHeaders,
  body: string,
): Pick<WebhookRequest, 'id' | 'events' | 'mistake'> {
  const id = String(headers['webhook-id']);
  try {
    assertHeaders(headers, id, body);
    const events = (JSON.parse(body) as readonly CloudEvent[]).map(readEvent);
    const isTooLarge = events.length > MAX_EVENTS || Buffer.byteLength(body) > MAX_BYTES;
    if (events.length === 0 || isTooLarge) throw new Error(`it has ${events.length} events`);
    return { id, events };
  } catch (error) {
    return { id, events: [], mistake: (error as Error).message };
  }
}

function assertHeaders(headers: IncomingHttpHeaders, id: string, body: string): void {
  const timestamp = String(headers['webhook-timestamp']);
  const signature = createHmac('sha256', KEY).update(`${id}.${timestamp}.${body}`).digest('base64');
  if (headers['webhook-signature'] !== `v1,${signature}`) throw new Error('its signature is wrong');
  if (headers['content-type'] !== 'application/cloudevents-batch+json')
    throw new Error(`its content type is ${headers['content-type']}`);
  // The clocks of the nodes can be minutes apart in a scenario.
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) < TOLERANCE_SECONDS))
    throw new Error(`its timestamp is ${timestamp}`);
}

function readEvent(event: CloudEvent): WebhookEvent {
  const { specversion, id, type, subject, time, datacontenttype, data } = event;
  const json = JSON.stringify(event);
  if (specversion !== '1.0' || datacontenttype !== 'application/json' || !/^[\w-]{22}$/.test(id))
    throw new Error(`its attributes are wrong: ${json}`);
  if (type === 'presence.v1.gap') {
    const from = data.from === undefined ? undefined : Date.parse(data.from);
    return { id, json, gap: { from, to: Date.parse(data.to) } };
  }
  const read = toBinary(PresenceEventSchema, fromJson(PresenceEventSchema, data));
  const delivery = deliveryOf(PresenceEvent.decode(read), Date.now());
  const { kind, presence, occurredAt } = delivery;
  const expected = kind.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const isRight =
    type === `presence.v1.${expected}` &&
    subject === presence.userId &&
    Date.parse(time) === Math.floor(occurredAt);
  if (!isRight) throw new Error(`its attributes do not fit its data: ${json}`);
  return { id, json, delivery };
}
