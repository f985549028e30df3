import type { Presence } from '../domain/presence.js';
import { encoded } from '../api/codecs.js';
import { countMessage } from '../api/count-mapper.js';
import { encodeSubscribeResponse } from '../api/event-mapper.js';
import { Sync, WatchCountsResponse } from '../api/generated/presence/v1/events_service.pb.js';
import { toPresenceMessage } from '../api/proto-mappers.js';
import type { CountScope, StatusCounts } from '../store/presence-reader.js';

/** Encodes a message with a part of the snapshot. */
export function encodeSnapshot(presences: readonly Presence[]): Buffer {
  return encodeSubscribeResponse({ snapshot: presences.map(toPresenceMessage) });
}

/** The message SYNC_RESET. */
export const RESET = encodeSubscribeResponse({ sync: Sync.SYNC_RESET });

const CURRENT = encodeSubscribeResponse({ sync: Sync.SYNC_CURRENT });

/** Encodes a response of `WatchCounts` with the counts of one channel or group, or of all users. */
export function encodeCount(scope: CountScope | undefined, counts: StatusCounts): Buffer {
  return encoded(WatchCountsResponse, { counts: [countMessage(scope, counts)] });
}

/** Encodes SYNC_CURRENT, followed by `token`, an encoded message with only a resume token. */
export function encodeCurrent(token: Buffer): Buffer {
  return Buffer.concat([CURRENT, token]);
}
