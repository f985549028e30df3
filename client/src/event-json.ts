import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import type { Attributes } from './attributes.js';
import { PresenceEventSchema } from './generated/presence/v1/events_service_pb.js';
import { presenceEventOf, type PresenceEvent } from './presence-event.js';

/**
 * Reads an event in the JSON form of protobuf, which webhooks have as `data`. A kind that is newer than this library has the
 * name `unknown`. Throws an error if the value is no event.
 */
export function presenceEventFromJson<A = Attributes>(json: unknown): PresenceEvent<A> {
  // Fields and values of newer services are left out, as they are from messages.
  const options = { ignoreUnknownFields: true };
  return presenceEventOf<A>(fromJson(PresenceEventSchema, json as JsonValue, options));
}
