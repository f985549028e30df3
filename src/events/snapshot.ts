import { LISTED_STATUSES, type Presence } from '../domain/presence.js';
import { followsEveryone, type Filter } from '../event-log/filter.js';
import type { PresenceReader } from '../store/presence-reader.js';

/**
 * Returns all presences that match a filter, at one point in time. Named users are included even if they are OFFLINE.
 * A filter without users, channels and groups matches everyone whom the reader sees and who is not OFFLINE.
 */
export function snapshotOf(view: PresenceReader, filter: Filter): readonly Presence[] {
  if (followsEveryone(filter)) return [...view.listed(LISTED_STATUSES)];
  const presences = new Map<string, Presence>();
  for (const userId of filter.userIds) presences.set(userId, view.presence(userId));
  const add = (presence: Presence): unknown => presences.set(presence.userId, presence);
  for (const channelId of filter.channelIds) for (const each of view.members(channelId)) add(each);
  for (const groupId of filter.groupIds) for (const each of view.inGroup(groupId)) add(each);
  return [...presences.values()];
}

/** The maximum number of presences in one message, which is then about 50 to 100 KiB. */
const PRESENCES_PER_MESSAGE = 500;

/**
 * The maximum number of characters of attributes and channels in one message, except for a single presence. Without it, large attributes
 * would make messages of megabytes, which block the event loop and which gRPC clients do not accept.
 */
const MAX_TEXT_PER_MESSAGE = 128 * 1024;

/** Splits a snapshot into the content of its messages, lazily. */
export function* partsOf(snapshot: readonly Presence[]): Generator<readonly Presence[]> {
  let start = 0;
  let text = 0;
  for (const [i, presence] of snapshot.entries()) {
    const added = textOf(presence);
    if (i > start && (i - start >= PRESENCES_PER_MESSAGE || text + added > MAX_TEXT_PER_MESSAGE)) {
      yield snapshot.slice(start, i);
      start = i;
      text = 0;
    }
    text += added;
  }
  if (start < snapshot.length) yield snapshot.slice(start);
}

function textOf({ attributes, otherChannelIds }: Presence): number {
  let length = 0;
  for (const [key, value] of attributes) length += key.length + value.length;
  for (const channelId of otherChannelIds) length += channelId.length;
  return length;
}
