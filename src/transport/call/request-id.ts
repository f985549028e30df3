import { randomUUID } from 'node:crypto';
import { Metadata } from '@grpc/grpc-js';

/** The header that carries the request id, in the request and in the response. */
export const REQUEST_ID = 'x-request-id';

/** A valid request id. It is one word in a log line, and too short for a token. */
const WELL_FORMED = /^[\w.:-]{1,64}$/;

/** Returns the request id of a call. If the caller sent none, generates one and stores it in the metadata. */
export function requestIdOf(metadata: Metadata): string {
  const known = requestIdFrom(metadata);
  if (known !== undefined) return known;
  const made = randomUUID();
  metadata.set(REQUEST_ID, made);
  return made;
}

/** Returns the request id in the metadata. Undefined if there is none, or if it is invalid. */
export function requestIdFrom(metadata: Metadata): string | undefined {
  const values = metadata.get(REQUEST_ID);
  const [value] = values;
  return values.length === 1 && typeof value === 'string' && WELL_FORMED.test(value)
    ? value
    : undefined;
}

/** Returns the headers of the response: the request id, if there is one. */
export function responseHeaders(metadata: Metadata): Metadata {
  const headers = new Metadata();
  const known = requestIdFrom(metadata);
  if (known !== undefined) headers.set(REQUEST_ID, known);
  return headers;
}
