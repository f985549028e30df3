import { channelIdsOf, type Presence } from '../domain/presence.js';

/**
 * A page ends early when its presences take about this many bytes, because gRPC clients reject responses above 4 MB by
 * default. Only presences with large attributes or many channels take more than 2 KB each.
 */
export const MAX_PAGE_BYTES = 2 * 1024 * 1024;

/**
 * A batch is rejected if its presences take more than about this many bytes. 1,000 presences with the largest attributes
 * and texts fit, so only users in many channels take more.
 */
export const MAX_BATCH_BYTES = 6 * 1024 * 1024;

/** Tag and length of a field. */
const PER_FIELD = 4;
/** A channel counts for more than its bytes, because sorting and encoding take time for each channel. */
const PER_CHANNEL = 128;
/** The fields of a presence that have about the same size in all presences: times, version, status, mute states, platforms. */
const FIXED = 100;

/** Returns about the number of bytes that a presence takes in a response. */
export function approximateBytes(presence: Presence): number {
  let bytes = FIXED + Buffer.byteLength(presence.userId) + Buffer.byteLength(presence.statusText);
  for (const channelId of channelIdsOf(presence))
    bytes += PER_CHANNEL + Buffer.byteLength(channelId);
  for (const [key, value] of presence.attributes) {
    bytes += 3 * PER_FIELD + Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  return bytes;
}
