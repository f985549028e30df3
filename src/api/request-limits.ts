/** How large a request of one method may be. */
export interface RequestLimit {
  /** In bytes, inflated. */
  readonly bytes: number;
  /** How many values each of its lists may hold, by the name of the field in the contract. */
  readonly lists: Readonly<Record<string, number>>;
}

/** How many users one subscription may name. */
export const MAX_SUBSCRIBED_USERS = 10_000;
/** How many channels one subscription may name. */
export const MAX_SUBSCRIBED_CHANNELS = 1000;
/** How many users one batch may name. */
export const MAX_BATCH = 1000;
/** How many channels a client may remember. */
const MAX_REMEMBERED_CHANNELS = 1;
/** How many values of an enum a list may hold: more than any enum of the contract has. */
export const MAX_ENUM_VALUES = 100;

/**
 * What a request without long lists needs at most, in bytes: some ids, a token and a text. An id of 128 characters has up to
 * 512 bytes, and 1,536 where JSON escapes each of them.
 */
const SMALL = 8 * 1024;

/** Ids of 128 characters of four bytes each, with what is around them. */
const BYTES_PER_ID = 520;

const LIMITS: Readonly<Record<string, RequestLimit>> = {
  '/presence.v1.SessionService/Connect': {
    bytes: SMALL,
    lists: { channels: MAX_REMEMBERED_CHANNELS },
  },
  '/presence.v1.EventsService/Subscribe': {
    bytes: (MAX_SUBSCRIBED_USERS + MAX_SUBSCRIBED_CHANNELS) * BYTES_PER_ID + SMALL,
    lists: {
      user_ids: MAX_SUBSCRIBED_USERS,
      channel_ids: MAX_SUBSCRIBED_CHANNELS,
      kinds: MAX_ENUM_VALUES,
    },
  },
  '/presence.v1.PresenceService/BatchGetPresences': {
    bytes: MAX_BATCH * BYTES_PER_ID + SMALL,
    lists: { user_ids: MAX_BATCH },
  },
  '/presence.v1.PresenceService/ListOnlineUsers': {
    bytes: SMALL,
    lists: { statuses: MAX_ENUM_VALUES },
  },
};

const OTHERS: RequestLimit = { bytes: SMALL, lists: {} };

/** How large a request of the method at this path may be, health and reflection among them. */
export function requestLimitOf(path: string): RequestLimit {
  return Object.hasOwn(LIMITS, path) ? LIMITS[path]! : OTHERS;
}
