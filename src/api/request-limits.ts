import { MAX_HIDDEN_FROM } from '../domain/access-rules.js';

/** The size limits of the requests of one method. */
export interface RequestLimit {
  /** The maximum size in bytes, after it is inflated. */
  readonly bytes: number;
  /** The maximum number of values in each list, by the field name in the contract. */
  readonly lists: Readonly<Record<string, number>>;
}

/** The maximum number of users in one subscription. */
export const MAX_SUBSCRIBED_USERS = 10_000;
/** The maximum number of channels in one subscription. */
export const MAX_SUBSCRIBED_CHANNELS = 1000;
/** The maximum number of groups in one subscription. */
export const MAX_SUBSCRIBED_GROUPS = 1000;
/** The maximum number of users in one `BatchGetPresences` request. */
export const MAX_BATCH = 1000;
/** The maximum number of channels that a client may remember: those of 20 sessions. */
export const MAX_REMEMBERED_CHANNELS = 1000;
/** The maximum number of channels in one request for counts. */
export const MAX_COUNTED_CHANNELS = 1000;
/** The maximum number of groups in one request for counts. */
export const MAX_COUNTED_GROUPS = 1000;
/** The maximum number of attributes that one request sets, or removes. */
export const MAX_CHANGED_ATTRIBUTES = 100;
/** The maximum number of enum values in a list: more than any enum of the contract has. */
export const MAX_ENUM_VALUES = 100;

/**
 * The maximum size in bytes of a request without long lists: some ids, a token and a text. An id of 128 characters has
 * up to 512 bytes, or 1,536 bytes if JSON escapes each of them.
 */
const SMALL = 8 * 1024;

/** The size of an id of 128 characters of four bytes each, including its encoding overhead. */
const BYTES_PER_ID = 520;

const LIMITS: Readonly<Record<string, RequestLimit>> = {
  '/presence.v1.SessionService/Connect': {
    bytes: MAX_REMEMBERED_CHANNELS * BYTES_PER_ID + SMALL,
    lists: { channels: MAX_REMEMBERED_CHANNELS, attributes: MAX_CHANGED_ATTRIBUTES },
  },
  '/presence.v1.EventsService/Subscribe': {
    bytes:
      (MAX_SUBSCRIBED_USERS + MAX_SUBSCRIBED_CHANNELS + MAX_SUBSCRIBED_GROUPS) * BYTES_PER_ID +
      SMALL,
    lists: {
      user_ids: MAX_SUBSCRIBED_USERS,
      channel_ids: MAX_SUBSCRIBED_CHANNELS,
      group_ids: MAX_SUBSCRIBED_GROUPS,
      kinds: MAX_ENUM_VALUES,
    },
  },
  '/presence.v1.PresenceService/BatchGetPresences': {
    bytes: MAX_BATCH * BYTES_PER_ID + SMALL,
    lists: { user_ids: MAX_BATCH },
  },
  '/presence.v1.PresenceService/CountPresences': {
    bytes: (MAX_COUNTED_CHANNELS + MAX_COUNTED_GROUPS) * BYTES_PER_ID + SMALL,
    lists: { channel_ids: MAX_COUNTED_CHANNELS, group_ids: MAX_COUNTED_GROUPS },
  },
  '/presence.v1.EventsService/WatchCounts': {
    bytes: (MAX_COUNTED_CHANNELS + MAX_COUNTED_GROUPS) * BYTES_PER_ID + SMALL,
    lists: { channel_ids: MAX_COUNTED_CHANNELS, group_ids: MAX_COUNTED_GROUPS },
  },
  '/presence.v1.PresenceService/UpdateHiddenFrom': {
    bytes: MAX_HIDDEN_FROM * BYTES_PER_ID + SMALL,
    lists: { user_ids: MAX_HIDDEN_FROM },
  },
  '/presence.v1.PresenceService/UpdateAttributes': {
    bytes: 32 * 1024,
    lists: { set: MAX_CHANGED_ATTRIBUTES, remove: MAX_CHANGED_ATTRIBUTES },
  },
  '/presence.v1.PresenceService/ListOnlineUsers': {
    bytes: SMALL,
    lists: { statuses: MAX_ENUM_VALUES },
  },
};

const OTHERS: RequestLimit = { bytes: SMALL, lists: {} };

/** Returns the limits of the method at a path. Methods of health and reflection have the default limits. */
export function requestLimitOf(path: string): RequestLimit {
  return Object.hasOwn(LIMITS, path) ? LIMITS[path]! : OTHERS;
}
