import { randomUUID } from 'node:crypto';
import { Metadata } from '@grpc/grpc-js';

/** The header in which a caller names its call, and is answered. */
export const REQUEST_ID = 'x-request-id';

/** What stays one word in a log, and is too short for a token. */
const WELL_FORMED = /^[\w.:-]{1,64}$/;

/** What a call is called in the log: as its caller says, or else by a name that is made up and is its own from then on. */
export function requestIdOf(metadata: Metadata): string {
  const known = requestIdFrom(metadata);
  if (known !== undefined) return known;
  const made = randomUUID();
  metadata.set(REQUEST_ID, made);
  return made;
}

/** What a call is called so far. Undefined: nothing, since nobody has named it. */
export function requestIdFrom(metadata: Metadata): string | undefined {
  const values = metadata.get(REQUEST_ID);
  const [value] = values;
  return values.length === 1 && typeof value === 'string' && WELL_FORMED.test(value)
    ? value
    : undefined;
}

/** The headers of the answer to a call: its name, if it has one. */
export function responseHeaders(metadata: Metadata): Metadata {
  const headers = new Metadata();
  const known = requestIdFrom(metadata);
  if (known !== undefined) headers.set(REQUEST_ID, known);
  return headers;
}
