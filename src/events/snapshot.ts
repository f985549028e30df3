import { LISTED_STATUSES, type Presence } from '../domain/presence.js';
import { followsEveryone, type Filter, type Interest } from '../event-log/filter.js';
import type { PresenceList, PresenceReader, Slice } from '../store/presence-reader.js';
import type { PresenceView } from '../store/presence-view.js';

/**
 * The maximum number of users that the last slice of a snapshot reads again because they changed meanwhile. If more have
 * changed, they are read in further slices, and the maximum doubles. So a snapshot ends even if users change faster than
 * they are read.
 */
const READ_AGAIN = 500;

/** Reads the users with an id after `after`. */
type List = (reader: PresenceReader, after: string | undefined, slice: Slice) => PresenceList;

/**
 * Collects all presences that match a filter into `presences`, as of the moment at which it ends. It yields when `slice` is over:
 * then the caller may continue later. Users who change during a pause are read again. Named users are included even if they
 * are OFFLINE. A filter without users, channels and groups matches everyone whom the viewer sees and who is not OFFLINE.
 */
export function* collect(
  view: PresenceView,
  { viewer, filter }: Interest,
  presences: Map<string, Presence>,
  slice: Slice,
): Generator<void, void> {
  const changed = new Set<string>();
  const unfollow = view.follow(changed);
  // A reader is valid until the next commit.
  let reader = view.for(viewer);
  const pause = function* (): Generator<void, void> {
    yield;
    reader = view.for(viewer);
  };
  const read = (userId: string): void => {
    const presence = matching(reader, filter, userId);
    if (presence === undefined) presences.delete(userId);
    else presences.set(userId, presence);
  };
  try {
    for (const userId of filter.userIds) {
      read(userId);
      if (slice.isOver) yield* pause();
    }
    for (const list of listsOf(filter)) {
      let rest = list(reader, undefined, slice);
      for (let next = rest.next(); !next.done || next.value !== undefined; next = rest.next()) {
        if (next.done) {
          yield* pause();
          rest = list(reader, next.value, slice);
        } else presences.set(next.value.userId, next.value);
      }
    }
    for (let atOnce = READ_AGAIN; changed.size > atOnce; atOnce *= 2) {
      const again = [...changed];
      changed.clear();
      for (const userId of again) {
        read(userId);
        if (slice.isOver) yield* pause();
      }
    }
    for (const userId of changed) read(userId);
  } finally {
    unfollow();
  }
}

/** Lists the users who match a filter, except those whom it names. */
function* listsOf(filter: Filter): Generator<List> {
  if (followsEveryone(filter))
    yield (reader, after, slice) => reader.listed(LISTED_STATUSES, after, slice);
  for (const id of filter.channelIds)
    yield (reader, after, slice) => reader.members(id, after, slice);
  for (const id of filter.groupIds)
    yield (reader, after, slice) => reader.inGroup(id, after, slice);
}

/** Returns the presence of a user, by the same rule as the lists. Undefined: the filter does not match the user. */
function matching(reader: PresenceReader, filter: Filter, userId: string): Presence | undefined {
  const presence = reader.presence(userId);
  const { userIds, channelIds, groupIds } = filter;
  if (userIds.has(userId)) return presence;
  if (presence.status === 'OFFLINE') return undefined;
  const { channelId, otherChannelIds } = presence;
  const matches =
    followsEveryone(filter) ||
    (channelId !== undefined && channelIds.has(channelId)) ||
    otherChannelIds.some((id) => channelIds.has(id)) ||
    (groupIds.size > 0 && reader.groupsOf(userId).some((id) => groupIds.has(id)));
  return matches ? presence : undefined;
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
