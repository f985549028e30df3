import { channelIdsOf, type Presence } from '../domain/presence.js';

/**
 * A page ends early when its presences take about this many bytes, because gRPC clients reject responses above 4 MB by
 * default. Only presences with large attributes or many channels take more than 2 KB each.
 */
export const MAX_PAGE_BYTES = 2 * 1024 * 1024;

/** Tag and length of a field. */
const PER_FIELD = 4;
/** The fields of a presence that have about the same size in all presences: times, version, status, mute states, platforms. */
const FIXED = 100;

/** Returns about the number of bytes that a presence takes in a response. */
export function approximateBytes(presence: Presence): number {
  let bytes = FIXED + Buffer.byteLength(presence.userId) + Buffer.byteLength(presence.statusText);
  for (const channelId of channelIdsOf(presence)) bytes += PER_FIELD + Buffer.byteLength(channelId);
  for (const [key, value] of presence.attributes) {
    bytes += 3 * PER_FIELD + Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  return bytes;
}
