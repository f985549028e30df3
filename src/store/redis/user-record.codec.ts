import { NO_CHOICES, type ChoiceVersions } from '../../domain/choice-versions.js';
import type { Change, PresenceEvent, Reason } from '../../domain/event.js';
import type { EndedSession } from '../../domain/session-transitions.js';
import type { Presence, Status } from '../../domain/presence.js';
import { sharedTerms, type SessionTerms } from '../../domain/terms.js';
import type { LossReason, Session, StatusChoice, User } from '../../domain/user.js';

/*
 * Users and events are stored as JSON arrays with fixed positions: a third of the size of objects with names, and
 * readable in `redis-cli`. The types below are the table of the positions. A later version may append fields, which
 * earlier versions ignore. `Later` has the appended fields: they must be written, and may be missing in a record of an
 * earlier version. Fields at the end that are undefined are left out.
 */
type Written<First extends readonly unknown[], Later extends readonly unknown[]> = [
  ...First,
  ...Later,
];
type Stored<First extends readonly unknown[], Later extends readonly unknown[]> = readonly [
  ...First,
  ...Partial<Later>,
];

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

type LaterPresenceFields = [];

type SessionFields = [
  sessionId: string,
  node: string,
  platform: string,
  connectedAt: number,
  lastActiveAt: number,
  heartbeatDueAt: number | null,
  tokenExpiresAt: number | null,
  graceEndsAt: number | null,
];

type LaterSessionFields = [
  lostBecause: LossReason | null,
  terms: TermsFields | null,
  /** Most sessions do not have this field. */
  succeeds: string | undefined,
];

type TermsFields = readonly [
  idleTimeoutMs: number,
  heartbeatTimeoutMs: number,
  reconnectGraceMs: number,
];

type UserFields = [
  sessions: readonly Stored<SessionFields, LaterSessionFields>[],
  channel: readonly [channelId: string, sessionId: string] | null,
  isMicrophoneMuted: 0 | 1,
  isSpeakerMuted: 0 | 1,
  choice: StatusChoice,
  statusText: string,
  choiceExpiresAt: number | null,
  visibleSince: number | null,
  own: Stored<PresenceFields, LaterPresenceFields>,
  /** Null: the same as `own`. */
  shown: Stored<PresenceFields, LaterPresenceFields> | null,
];

type LaterUserFields = [
  /** Null: no choices. Missing in records of versions without choice versions. */
  choiceVersions: ChoiceFields | null,
];

type ChoiceFields = readonly [
  status: number | null,
  microphone: number | null,
  speaker: number | null,
  channel: number | null,
];

export type EventFields = readonly [
  occurredAt: number,
  previousChannelId: string | null,
  changes: readonly (readonly [Reason, Change])[],
];

/** Encodes the record of a user. Empty: there is no state to store. */
export function formatUser(user: User): string {
  if (user.sessions.length === 0 && user.own.version === 0) return '';
  const fields: Written<UserFields, LaterUserFields> = [
    user.sessions.map(sessionFields),
    user.channel === undefined ? null : [user.channel.channelId, user.channel.sessionId],
    bit(user.isMicrophoneMuted),
    bit(user.isSpeakerMuted),
    user.choice,
    user.statusText,
    user.choiceExpiresAt ?? null,
    user.visibleSince ?? null,
    presenceFields(user.own),
    user.shown === user.own ? null : presenceFields(user.shown),
    choiceFields(user.choiceVersions),
  ];
  return JSON.stringify(trimmed(fields));
}

export function userOf(userId: string, fields: unknown): User {
  const [
    sessions,
    channel,
    microphone,
    speaker,
    choice,
    text,
    expiresAt,
    visibleSince,
    own,
    shown,
    choices,
  ] = fields as Stored<UserFields, LaterUserFields>;
  const ownPresence = presenceOf(userId, own);
  return {
    userId,
    sessions: sessions.map(sessionOf),
    channel: channel === null ? undefined : { channelId: channel[0], sessionId: channel[1] },
    isMicrophoneMuted: microphone === 1,
    isSpeakerMuted: speaker === 1,
    choice,
    statusText: text,
    choiceExpiresAt: expiresAt ?? undefined,
    visibleSince: visibleSince ?? undefined,
    choiceVersions: choiceVersionsOf(choices, ownPresence.version),
    own: ownPresence,
    shown: shown === null ? ownPresence : presenceOf(userId, shown),
  };
}

/** Encodes the events of one commit for the log. */
export function eventFields([first, ...others]: readonly PresenceEvent[]): EventFields | null {
  if (first === undefined) return null;
  const { occurredAt, previousChannelId } = first;
  return [
    occurredAt,
    previousChannelId ?? null,
    [first, ...others].map(({ reason, change }) => [reason, change] as const),
  ];
}

/** Decodes the events of one commit. `presence` is the shown presence after the commit. */
export function eventsOf(presence: Presence, fields: EventFields | null): readonly PresenceEvent[] {
  if (fields === null) return [];
  const [occurredAt, previousChannelId, changes] = fields;
  return changes.map(([reason, change]) => ({
    presence,
    previousChannelId: previousChannelId ?? undefined,
    occurredAt,
    reason,
    change,
  }));
}

export type EndedFields = readonly (readonly [sessionId: string, cause: EndedSession['cause']])[];

/** Leaves out the fields at the end that are undefined. */
function trimmed<Fields extends unknown[]>(fields: Fields): Fields {
  while (fields.at(-1) === undefined) fields.pop();
  return fields;
}

function presenceFields(presence: Presence): Stored<PresenceFields, LaterPresenceFields> {
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
  ];
  return trimmed(fields);
}

function presenceOf(userId: string, fields: Stored<PresenceFields, LaterPresenceFields>): Presence {
  const [status, statusText, channelId, microphone, speaker, connectedAt, lastActiveAt] = fields;
  return {
    userId,
    status,
    statusText,
    channelId: channelId ?? undefined,
    isMicrophoneMuted: microphone === 1,
    isSpeakerMuted: speaker === 1,
    connectedAt: connectedAt ?? undefined,
    lastActiveAt: lastActiveAt ?? undefined,
    platforms: fields[7],
    version: fields[8],
  };
}

function sessionFields(session: Session): Stored<SessionFields, LaterSessionFields> {
  const { terms } = session;
  const fields: Written<SessionFields, LaterSessionFields> = [
    session.sessionId,
    session.node,
    session.platform,
    session.connectedAt,
    session.lastActiveAt,
    session.heartbeatDueAt ?? null,
    session.tokenExpiresAt ?? null,
    session.graceEndsAt ?? null,
    session.lostBecause ?? null,
    terms === undefined ? null : termsFields(terms),
    session.succeeds,
  ];
  return trimmed(fields);
}

function termsFields({
  idleTimeoutMs,
  heartbeatTimeoutMs,
  reconnectGraceMs,
}: SessionTerms): TermsFields {
  return [idleTimeoutMs, heartbeatTimeoutMs, reconnectGraceMs];
}

function termsOf(fields: TermsFields | null | undefined): SessionTerms | undefined {
  if (fields === undefined || fields === null) return undefined;
  const [idleTimeoutMs, heartbeatTimeoutMs, reconnectGraceMs] = fields;
  return sharedTerms({ idleTimeoutMs, heartbeatTimeoutMs, reconnectGraceMs });
}

function sessionOf(fields: Stored<SessionFields, LaterSessionFields>): Session {
  const [sessionId, node, platform, connectedAt, lastActiveAt, dueAt, expiresAt, graceEndsAt] =
    fields;
  return {
    sessionId,
    node,
    platform,
    connectedAt,
    lastActiveAt,
    heartbeatDueAt: dueAt ?? undefined,
    tokenExpiresAt: expiresAt ?? undefined,
    graceEndsAt: graceEndsAt ?? undefined,
    lostBecause: fields[8] ?? undefined,
    terms: termsOf(fields[9]),
    succeeds: fields[10],
  };
}

function choiceFields(versions: ChoiceVersions): ChoiceFields | null {
  if (versions === NO_CHOICES) return null;
  const { status, microphone, speaker, channel } = versions;
  return [status ?? null, microphone ?? null, speaker ?? null, channel ?? null];
}

/**
 * During a rolling upgrade, a record without choice versions comes from a node that does not know them. Its choices are
 * not newer than its last change, so the version of that change is used: no older choice can then win.
 */
function choiceVersionsOf(
  fields: ChoiceFields | null | undefined,
  lastChange: number,
): ChoiceVersions {
  if (fields === null) return NO_CHOICES;
  const [status, microphone, speaker, channel] = fields ?? [
    lastChange,
    lastChange,
    lastChange,
    lastChange,
  ];
  return {
    status: status ?? undefined,
    microphone: microphone ?? undefined,
    speaker: speaker ?? undefined,
    channel: channel ?? undefined,
  };
}

function bit(flag: boolean): 0 | 1 {
  return flag ? 1 : 0;
}
