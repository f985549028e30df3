import { NO_ATTRIBUTES, type Attributes } from '../../domain/attributes.js';
import type { Change, PresenceEvent, Reason } from '../../domain/event.js';
import { moderatorMute, NOT_MODERATED } from '../../domain/moderator-mute.js';
import { sharedPlatforms } from '../../domain/platforms.js';
import {
  areSame,
  NO_CHANNELS,
  STATUSES,
  type Presence,
  type Status,
} from '../../domain/presence.js';
import type { EndedSession } from '../../domain/session-transitions.js';
import {
  bit,
  moderatorMuteOf,
  muteBits,
  oneOf,
  sameOr,
  sharedWith,
  text,
  texts,
  timeOrNone,
  trimmed,
  UnreadableRecord,
  type MuteBits,
  type Stored,
  type Written,
} from './record-fields.js';

type PresenceFields = [
  status: Status,
  statusText: string,
  channelId: string | null,
  isMicrophoneMuted: 0 | 1,
  isSpeakerMuted: 0 | 1,
  connectedAt: number | null,
  lastActiveAt: number | null,
  platforms: readonly string[],
  version: number,
];

/** The attributes of a presence. */
export type AttributePairs = readonly (readonly [key: string, value: string])[];

type LaterPresenceFields = [
  otherChannelIds: readonly string[] | undefined,
  attributes: AttributePairs | undefined,
  moderatorMute: MuteBits | undefined,
];

export type StoredPresence = Stored<PresenceFields, LaterPresenceFields>;

export type EventFields = readonly [
  occurredAt: number,
  previousChannelId: string | null,
  changes: readonly (readonly [Reason, Change])[],
  /** Missing: there were no other channels. */
  previousOtherChannelIds?: readonly string[] | null,
  /** All changes, if `changes` has only those that a version without attributes knows. Missing or null: `changes` has all. */
  allChanges?: readonly (readonly [Reason, Change])[] | null,
  /** The reasons of all changes, if a version without revocations does not know them. Missing: they are in the changes. */
  reasons?: readonly Reason[],
];

/** The reasons that a version without attributes and moderation does not know, and those that it is given instead. */
const BEFORE_ATTRIBUTES: Partial<Readonly<Record<Reason, Reason>>> = {
  MODERATED: 'REQUESTED',
  ATTRIBUTE_EXPIRED: 'REQUESTED',
};

/** The same for a version without revocations of tokens. */
const BEFORE_REVOCATIONS: Partial<Readonly<Record<Reason, Reason>>> = {
  TOKEN_REVOKED: 'TOKEN_EXPIRED',
};

/** Encodes a presence. */
export function presenceFields(presence: Presence): StoredPresence {
  const fields: Written<PresenceFields, LaterPresenceFields> = [
    presence.status,
    presence.statusText,
    presence.channelId ?? null,
    bit(presence.isMicrophoneMuted),
    bit(presence.isSpeakerMuted),
    presence.connectedAt ?? null,
    presence.lastActiveAt ?? null,
    presence.platforms,
    presence.version,
    presence.otherChannelIds.length === 0 ? undefined : presence.otherChannelIds,
    presence.attributes.size === 0 ? undefined : [...presence.attributes],
    muteBits(presence.moderatorMute),
  ];
  return trimmed(fields);
}

const KNOWN_STATUSES: ReadonlySet<Status> = new Set(STATUSES);

/** Decodes a presence. `known`: see `readUser`. */
export function presenceOf(userId: string, fields: StoredPresence, known?: Presence): Presence {
  const channelId = fields[2];
  const otherChannelIds = fields[9];
  return {
    userId,
    status: statusOf(fields[0]),
    statusText: text(fields[1]),
    channelId: channelId === null ? undefined : sharedWith(known?.channelId, channelId),
    otherChannelIds: otherChannelIds
      ? sameOr(known?.otherChannelIds, texts(otherChannelIds))
      : NO_CHANNELS,
    isMicrophoneMuted: fields[3] === 1,
    isSpeakerMuted: fields[4] === 1,
    moderatorMute: moderatorMuteOf(fields[11]),
    attributes: attributesOf(fields[10]),
    connectedAt: timeOrNone(fields[5]),
    lastActiveAt: timeOrNone(fields[6]),
    platforms: platformsOf(fields[7], known),
    version: versionOf(fields[8]),
  };
}

/** Decodes a status. */
export function statusOf(value: unknown): Status {
  return oneOf(KNOWN_STATUSES, value);
}

/** Decodes the platforms. `known`: see `readUser`. */
export function platformsOf(value: unknown, known?: Presence): readonly string[] {
  const platforms = texts(value);
  return known && areSame(known.platforms, platforms)
    ? known.platforms
    : sharedPlatforms(platforms);
}

/** Decodes attributes. */
export function attributesOf(fields: AttributePairs | null | undefined): Attributes {
  if (!fields || fields.length === 0) return NO_ATTRIBUTES;
  const attributes = new Map<string, string>();
  for (const [key, value] of fields) attributes.set(text(key), text(value));
  return attributes;
}

/** Decodes the version of a presence. */
export function versionOf(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new UnreadableRecord('a version is missing');
  return value;
}

/** Encodes the events of one commit for the log. */
export function eventFields(events: readonly PresenceEvent[]): EventFields | null {
  if (!events.some(({ reason }) => reason in BEFORE_REVOCATIONS)) return knownEventFields(events);
  const known = knownEventFields(
    events.map((event) => ({ ...event, reason: BEFORE_REVOCATIONS[event.reason] ?? event.reason })),
  );
  const [occurredAt, previousChannelId, changes, otherChannelIds = null, all = null] = known!;
  const reasons = events.map(({ reason }) => reason);
  return [occurredAt, previousChannelId, changes, otherChannelIds, all, reasons];
}

/**
 * Encodes events for nodes of a version without revocations. The caller has replaced the reasons that such nodes do not
 * know.
 */
function knownEventFields([first, ...others]: readonly PresenceEvent[]): EventFields | null {
  if (first === undefined) return null;
  const { occurredAt, previousChannelId, previousOtherChannelIds } = first;
  const all = [first, ...others].map(({ reason, change }) => [reason, shortened(change)] as const);
  const otherChannelIds = previousOtherChannelIds.length === 0 ? null : previousOtherChannelIds;
  const known = all.filter(([, { kind }]) => kind !== 'USER_ATTRIBUTES_CHANGED');
  if (known.length === all.length && !all.some(([reason]) => reason in BEFORE_ATTRIBUTES)) {
    return otherChannelIds === null
      ? [occurredAt, previousChannelId ?? null, all]
      : [occurredAt, previousChannelId ?? null, all, otherChannelIds];
  }
  const before = known.map(
    ([reason, change]) => [BEFORE_ATTRIBUTES[reason] ?? reason, change] as const,
  );
  return [occurredAt, previousChannelId ?? null, before, otherChannelIds, all];
}

/** Leaves out of a change what `completed` adds again. */
function shortened(change: Change): Change {
  if (change.kind !== 'USER_MUTE_STATE_CHANGED' || change.moderatorMuteBefore !== NOT_MODERATED)
    return change;
  const { kind, wasMicrophoneMuted, wasSpeakerMuted } = change;
  return { kind, wasMicrophoneMuted, wasSpeakerMuted } as Change;
}

/** Decodes the events of one commit. `presence` is the shown presence after the commit. */
export function eventsOf(presence: Presence, fields: EventFields | null): readonly PresenceEvent[] {
  if (fields === null) return [];
  const previousChannelId = fields[1] ?? undefined;
  const previousOtherChannelIds = fields[3] ?? NO_CHANNELS;
  const reasons = fields[5];
  return (fields[4] ?? fields[2]).map((each, nth) => ({
    presence,
    previousChannelId,
    previousOtherChannelIds,
    occurredAt: fields[0],
    reason: reasons?.[nth] ?? each[0],
    change: completed(each[1], presence),
  }));
}

/** Adds what is left out of a change because it is usual, or because the node has an earlier version. */
function completed(change: Change, { channelId }: Presence): Change {
  if (change.kind === 'USER_MUTE_STATE_CHANGED') {
    const { kind, wasMicrophoneMuted, wasSpeakerMuted, moderatorMuteBefore: before } = change;
    // JSON has created a new object for the state before.
    const moderatorMuteBefore = before
      ? moderatorMute(before.isMicrophoneMuted, before.isSpeakerMuted)
      : NOT_MODERATED;
    return { kind, wasMicrophoneMuted, wasSpeakerMuted, moderatorMuteBefore };
  }
  if (change.kind !== 'USER_CHANNEL_CHANGED' || change.joinedChannelIds !== undefined)
    return change;
  // The node that wrote the record knows only the current channel.
  const { kind, previousChannelId } = change;
  return {
    kind,
    previousChannelId,
    joinedChannelIds: channelId === undefined ? NO_CHANNELS : [channelId],
    leftChannelIds: previousChannelId === undefined ? NO_CHANNELS : [previousChannelId],
  };
}

export type EndedFields = readonly (readonly [
  sessionId: string,
  cause: EndedSession['cause'],
  /** The real cause, if a node of the previous version does not know it. */
  realCause?: EndedSession['cause'],
])[];

/**
 * Encodes the sessions that ended with a commit. Nodes of the previous version read TOKEN_EXPIRED, so their clients
 * request a new token.
 */
export function endedFields(ended: readonly EndedSession[]): EndedFields {
  return ended.map(({ sessionId, cause }) =>
    cause === 'TOKEN_REVOKED' ? [sessionId, 'TOKEN_EXPIRED', cause] : [sessionId, cause],
  );
}

export const NOTHING_ENDED: readonly EndedSession[] = [];

/** Decodes the sessions that ended with a commit. */
export function endedOf(fields: EndedFields): readonly EndedSession[] {
  if (fields.length === 0) return NOTHING_ENDED;
  return fields.map(([sessionId, cause, realCause]) => ({ sessionId, cause: realCause ?? cause }));
}
