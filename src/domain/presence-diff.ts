import { changedKeys, haveSameAttributes } from './attributes.js';
import type { Change, ChangeOf, EventKind, PresenceEvent, Reason } from './event.js';
import { haveSameMute } from './moderator-mute.js';
import { areSame, channelIdsOf, type Presence } from './presence.js';

/** How others learn of a new value of one field. */
interface FieldRule {
  /** The kind of event that announces a new value. Undefined: none, because the value may lag behind. */
  readonly announcedBy: Exclude<EventKind, 'USER_ONLINE' | 'USER_OFFLINE'> | undefined;
  readonly differs: (a: Presence, b: Presence) => boolean;
}

/**
 * Every field of a presence whose value can change. Whether two presences are equal and which events announce the
 * difference follow from this table. The compiler reports a field that is missing here.
 */
export const PRESENCE_FIELDS: Readonly<
  Record<keyof Omit<Presence, 'userId' | 'version'>, FieldRule>
> = {
  status: { announcedBy: 'USER_STATUS_CHANGED', differs: (a, b) => a.status !== b.status },
  statusText: {
    announcedBy: 'USER_STATUS_CHANGED',
    differs: (a, b) => a.statusText !== b.statusText,
  },
  channelId: {
    announcedBy: 'USER_CHANNEL_CHANGED',
    differs: (a, b) => a.channelId !== b.channelId,
  },
  otherChannelIds: {
    announcedBy: 'USER_CHANNEL_CHANGED',
    differs: (a, b) => !haveSameChannels(a.otherChannelIds, b.otherChannelIds),
  },
  isMicrophoneMuted: {
    announcedBy: 'USER_MUTE_STATE_CHANGED',
    differs: (a, b) => a.isMicrophoneMuted !== b.isMicrophoneMuted,
  },
  isSpeakerMuted: {
    announcedBy: 'USER_MUTE_STATE_CHANGED',
    differs: (a, b) => a.isSpeakerMuted !== b.isSpeakerMuted,
  },
  moderatorMute: {
    announcedBy: 'USER_MUTE_STATE_CHANGED',
    differs: (a, b) => !haveSameMute(a.moderatorMute, b.moderatorMute),
  },
  attributes: {
    announcedBy: 'USER_ATTRIBUTES_CHANGED',
    differs: (a, b) => !haveSameAttributes(a.attributes, b.attributes),
  },
  connectedAt: {
    announcedBy: 'USER_CONNECTION_CHANGED',
    differs: (a, b) => a.connectedAt !== b.connectedAt,
  },
  platforms: {
    announcedBy: 'USER_CONNECTION_CHANGED',
    differs: (a, b) => !areSame(a.platforms, b.platforms),
  },
  lastActiveAt: { announcedBy: undefined, differs: (a, b) => a.lastActiveAt !== b.lastActiveAt },
};

/** The order does not count: a user whose current channel stays the same is in the same channels for others. */
function haveSameChannels(a: readonly string[], b: readonly string[]): boolean {
  if (areSame(a, b)) return true;
  if (a.length !== b.length) return false;
  const others = new Set(b);
  return a.every((channelId) => others.has(channelId));
}

/** Whether two presences of a user look the same. The time of the last activity is ignored, because it may lag. */
export function presenceEquals(a: Presence, b: Presence): boolean {
  if (a === b) return true;
  for (const field of ANNOUNCED) if (field.differs(a, b)) return false;
  return true;
}

/** The content of an event of one kind. */
interface KindRule<Announced extends Change = Change> {
  /** Whether USER_ONLINE and USER_OFFLINE include the change, so that no other event announces it at that moment. */
  readonly isIncluded: boolean;
  readonly change: (before: Presence, after: Presence) => Announced;
}

/**
 * Every kind of event, in the order in which the events of one commit are announced. The compiler reports a kind that
 * is missing here.
 */
export const EVENT_KINDS: { readonly [Kind in EventKind]: KindRule<ChangeOf<Kind>> } = {
  USER_ONLINE: { isIncluded: false, change: () => ({ kind: 'USER_ONLINE' }) },
  USER_STATUS_CHANGED: {
    isIncluded: true,
    change: ({ status }) => ({ kind: 'USER_STATUS_CHANGED', previousStatus: status }),
  },
  USER_CHANNEL_CHANGED: {
    isIncluded: false,
    change: channelChange,
  },
  USER_MUTE_STATE_CHANGED: {
    isIncluded: false,
    change: ({ isMicrophoneMuted, isSpeakerMuted, moderatorMute }) => ({
      kind: 'USER_MUTE_STATE_CHANGED',
      wasMicrophoneMuted: isMicrophoneMuted,
      wasSpeakerMuted: isSpeakerMuted,
      moderatorMuteBefore: moderatorMute,
    }),
  },
  USER_ATTRIBUTES_CHANGED: {
    isIncluded: false,
    change: (before, after) => ({
      kind: 'USER_ATTRIBUTES_CHANGED',
      keys: changedKeys(before.attributes, after.attributes),
    }),
  },
  USER_CONNECTION_CHANGED: {
    isIncluded: true,
    change: () => ({ kind: 'USER_CONNECTION_CHANGED' }),
  },
  USER_OFFLINE: { isIncluded: false, change: () => ({ kind: 'USER_OFFLINE' }) },
};

/** A set of kinds of events, as a number with one bit for each kind, because every commit computes one. */
type KindSet = number;

function setOf(kind: EventKind): KindSet {
  return 1 << Object.keys(EVENT_KINDS).indexOf(kind);
}

const KINDS = Object.values<KindRule>(EVENT_KINDS).map((rule, i) => ({ ...rule, bit: 1 << i }));

const [ONLINE, OFFLINE] = [setOf('USER_ONLINE'), setOf('USER_OFFLINE')];

const INCLUDED: KindSet = KINDS.reduce(
  (kinds, { isIncluded, bit }) => (isIncluded ? kinds | bit : kinds),
  0,
);

const ANNOUNCED = Object.values(PRESENCE_FIELDS).flatMap(({ announcedBy, differs }) =>
  announcedBy === undefined ? [] : [{ bit: setOf(announcedBy), differs }],
);

/** The events of a commit that others do not see. */
export const NO_EVENTS: readonly PresenceEvent[] = [];

/**
 * Returns the differences between the shown presence before a commit and after it, as events in a fixed order:
 * UserOnline first, UserOffline last.
 */
export function diffPresence(
  before: Presence,
  after: Presence,
  now: number,
  cause: Reason,
): readonly PresenceEvent[] {
  const occurring = kindsOf(before, after);
  if (occurring === 0) return NO_EVENTS;
  const events: PresenceEvent[] = [];
  for (const kind of KINDS) {
    if ((occurring & kind.bit) === 0) continue;
    const change = kind.change(before, after);
    events.push({
      presence: after,
      previousChannelId: before.channelId,
      previousOtherChannelIds: before.otherChannelIds,
      occurredAt: now,
      reason: reasonOf(change, before, after, cause),
      change,
    });
  }
  return events;
}

/** Returns the kinds of events that announce the differences. */
function kindsOf(before: Presence, after: Presence): KindSet {
  if (before === after) return 0;
  let kinds: KindSet = 0;
  for (const { bit, differs } of ANNOUNCED) {
    if ((kinds & bit) === 0 && differs(before, after)) kinds |= bit;
  }
  const [wasOffline, isOffline] = [before.status === 'OFFLINE', after.status === 'OFFLINE'];
  if (wasOffline === isOffline) return kinds;
  return (kinds & ~INCLUDED) | (isOffline ? OFFLINE : ONLINE);
}

function channelChange(before: Presence, after: Presence): ChangeOf<'USER_CHANNEL_CHANGED'> {
  const [left, joined] = [channelIdsOf(before), channelIdsOf(after)];
  // Most users are in one channel at most: then the two lists have nothing in common.
  const isOne = before.otherChannelIds.length === 0 && after.otherChannelIds.length === 0;
  const previousChannelId = before.channelId;
  if (isOne) {
    return {
      kind: 'USER_CHANNEL_CHANGED',
      previousChannelId,
      joinedChannelIds: joined,
      leftChannelIds: left,
    };
  }
  const [wasIn, isIn] = [new Set(left), new Set(joined)];
  return {
    kind: 'USER_CHANNEL_CHANGED',
    previousChannelId,
    joinedChannelIds: joined.filter((channelId) => !wasIn.has(channelId)),
    leftChannelIds: left.filter((channelId) => !isIn.has(channelId)),
  };
}

/**
 * Returns the reason of a change as others see it. A user who becomes invisible, by a command, by a backend or by
 * a choice that a reconnect restores, appears as DISCONNECTED; one who stops being invisible appears as CONNECTED. Any other reason
 * would reveal the choice.
 */
function reasonOf(change: Change, before: Presence, after: Presence, cause: Reason): Reason {
  if (before.status === 'OFFLINE') return 'CONNECTED';
  const isHidden = cause === 'REQUESTED' || cause === 'CONNECTED' || cause === 'MODERATED';
  if (after.status === 'OFFLINE' && isHidden) return 'DISCONNECTED';
  if (change.kind === 'USER_STATUS_CHANGED' && cause === 'REQUESTED') {
    // A command makes an idle user active. A heartbeat is not an activity and may reveal that the idle timeout has
    // passed.
    if (before.status === 'IDLE' && after.status === 'ONLINE') return 'ACTIVE';
    if (before.status === 'ONLINE' && after.status === 'IDLE') return 'IDLE';
  }
  return cause;
}
