import { CHOICE_KINDS, packed, type ChoiceKind } from '../../domain/choice-versions.js';
import type { Reason } from '../../domain/event.js';
import type { Step } from '../../domain/step.js';
import {
  copySession,
  copyUser,
  NO_MEMBERSHIPS,
  type Draft,
  type Session,
  type User,
} from '../../domain/user.js';
import { accessFields, accessRulesOf, type AccessFields } from './access-record.codec.js';
import { endedFields, type EndedFields } from './presence-record.codec.js';
import { changedPresence, presenceChanges } from './presence-change.codec.js';
import {
  bit,
  later,
  laterOrNone,
  moderatorMuteOf,
  muteBits,
  sharedWith,
  since,
  sinceOrNull,
  text,
  time,
  UnreadableRecord,
  type FieldChanges,
} from './record-fields.js';
import {
  attributeFields,
  attributesOf,
  lossReasonOf,
  sessionFields,
  type AttributeFields,
  type StoredSession,
} from './session-record.codec.js';
import {
  channelFields,
  channelHistoryOf,
  channelSessionOf,
  earlierChannelsOf,
  sessionsOf,
  statusChoiceOf,
  type ChannelFields,
  type MembershipFields,
} from './user-record.codec.js';

/**
 * The changes of a user by a commit, for nodes that have the user in the state before. The fields have the same positions as in the
 * record of the user. Times are relative to the time of the commit, and versions to the version that is normal at that time.
 */
export type ChangeFields = readonly [
  userId: string,
  occurredAt: number,
  cause: Reason,
  ended: EndedFields | 0,
  sessions: SessionChanges,
  own: FieldChanges | 0,
  user: FieldChanges | 0,
  /** One: the shown presence stays as it is. Missing: it is the own presence. */
  keepsShown?: 1,
];

/** All sessions, or pairs of a position in the list and the changes of the session there. Zero: no session changed. */
type SessionChanges = readonly StoredSession[] | readonly (number | FieldChanges)[] | 0;

/** The versions of choices and presences are normally the time in microseconds. */
const VERSIONS_PER_MS = 1000;

/**
 * Returns what a commit changes. Undefined: other nodes need the complete record, because they could not compute the events
 * or the shown presence from the changes.
 */
export function changeFields(before: User, step: Step): ChangeFields | undefined {
  const { user, events, ended, occurredAt, cause } = step;
  if (!Number.isSafeInteger(occurredAt) || !Number.isSafeInteger(occurredAt * VERSIONS_PER_MS))
    return undefined;
  const isOneView = before.shown === before.own;
  if (user.shown !== (isOneView ? user.own : before.shown)) return undefined;
  // An eviction changes the shown presence without events.
  if (events.length === 0 && user.shown.version !== before.shown.version) return undefined;
  const own = presenceChanges(before.own, user.own, occurredAt, occurredAt * VERSIONS_PER_MS);
  const fields = userChanges(before, user, occurredAt);
  const changes = [
    user.userId,
    occurredAt,
    cause,
    ended.length === 0 ? 0 : endedFields(ended),
    sessionChanges(before.sessions, user.sessions, occurredAt),
    own.length === 0 ? 0 : own,
    fields.length === 0 ? 0 : fields,
  ] as const;
  return isOneView ? changes : [...changes, 1];
}

/** Returns the user after a commit. `known`: the user before it. Throws `UnreadableRecord` for values that the rules could not process. */
export function changedUser(known: User, fields: ChangeFields): User {
  const at = time(fields[1]);
  const user = copyUser(known);
  if (fields[4] !== 0) user.sessions = changedSessions(known, fields[4], at);
  if (fields[5] !== 0) user.own = changedPresence(known.own, fields[5], at, at * VERSIONS_PER_MS);
  if (fields[7] !== 1) user.shown = user.own;
  if (fields[6] !== 0) changeUser(user, fields[6], at);
  return user;
}

function sessionChanges(
  before: readonly Session[],
  after: readonly Session[],
  at: number,
): SessionChanges {
  if (before === after) return 0;
  if (before.length !== after.length) return after.map(sessionFields);
  const changes: (number | FieldChanges)[] = [];
  for (let nth = 0; nth < after.length; nth++) {
    const [was, is] = [before[nth]!, after[nth]!];
    if (was === is) continue;
    if (!isSameSession(was, is)) return after.map(sessionFields);
    const fields: unknown[] = [];
    if (was.lastActiveAt !== is.lastActiveAt) fields.push(4, since(at, is.lastActiveAt));
    if (was.heartbeatDueAt !== is.heartbeatDueAt)
      fields.push(5, sinceOrNull(at, is.heartbeatDueAt));
    if (was.graceEndsAt !== is.graceEndsAt) fields.push(7, sinceOrNull(at, is.graceEndsAt));
    if (was.lostBecause !== is.lostBecause) fields.push(8, is.lostBecause ?? null);
    if (was.attributes !== is.attributes) fields.push(11, attributeFields(is.attributes) ?? null);
    if (fields.length > 0) changes.push(nth, fields);
  }
  return changes.length === 0 ? 0 : changes;
}

/** Whether nothing differs but what `sessionChanges` compares. */
function isSameSession(a: Session, b: Session): boolean {
  return (
    a.sessionId === b.sessionId &&
    a.node === b.node &&
    a.platform === b.platform &&
    a.connectedAt === b.connectedAt &&
    a.tokenExpiresAt === b.tokenExpiresAt &&
    a.terms === b.terms &&
    a.succeeds === b.succeeds &&
    a.groups === b.groups &&
    a.tokenIssuedAt === b.tokenIssuedAt &&
    a.joinRights === b.joinRights
  );
}

function changedSessions(
  known: User,
  changes: Exclude<SessionChanges, 0>,
  at: number,
): readonly Session[] {
  if (typeof changes[0] !== 'number') return sessionsOf(changes as readonly StoredSession[], known);
  const sessions = [...known.sessions];
  for (let i = 0; i < changes.length; i += 2) {
    const nth = changes[i] as number;
    const before = sessions[nth];
    if (before === undefined) throw new UnreadableRecord('a session is missing');
    sessions[nth] = changedSession(before, changes[i + 1] as FieldChanges, at);
  }
  return sessions;
}

function changedSession(before: Session, fields: FieldChanges, at: number): Session {
  const session = copySession(before);
  for (let i = 0; i < fields.length; i += 2) {
    const value = fields[i + 1];
    switch (fields[i]) {
      case 4:
        session.lastActiveAt = later(at, value);
        break;
      case 5:
        session.heartbeatDueAt = laterOrNone(at, value);
        break;
      case 7:
        session.graceEndsAt = laterOrNone(at, value);
        break;
      case 8:
        session.lostBecause = lossReasonOf(value);
        break;
      case 11:
        session.attributes = attributesOf(value as readonly AttributeFields[] | null);
        break;
      default:
        throw new UnreadableRecord('a field is unknown');
    }
  }
  return session;
}

function userChanges(before: User, user: User, at: number): FieldChanges {
  const fields: unknown[] = [];
  if (before.channelId !== user.channelId || before.channelSessionId !== user.channelSessionId) {
    const { channelId, channelSessionId } = user;
    fields.push(1, channelId === undefined ? null : [channelId, channelSessionId]);
  }
  if (before.isMicrophoneMuted !== user.isMicrophoneMuted)
    fields.push(2, bit(user.isMicrophoneMuted));
  if (before.isSpeakerMuted !== user.isSpeakerMuted) fields.push(3, bit(user.isSpeakerMuted));
  if (before.choice !== user.choice) fields.push(4, user.choice);
  if (before.statusText !== user.statusText) fields.push(5, user.statusText);
  if (before.choiceExpiresAt !== user.choiceExpiresAt)
    fields.push(6, sinceOrNull(at, user.choiceExpiresAt));
  if (before.visibleSince !== user.visibleSince) fields.push(7, sinceOrNull(at, user.visibleSince));
  if (before.choiceVersions !== user.choiceVersions)
    fields.push(10, versionChanges(before, user, at * VERSIONS_PER_MS));
  if (
    before.earlierChannels !== user.earlierChannels ||
    before.channelHistory !== user.channelHistory
  )
    fields.push(11, channelFields(user) ?? null);
  if (before.moderatorMute !== user.moderatorMute)
    fields.push(12, muteBits(user.moderatorMute) ?? 0);
  if (before.accessRules !== user.accessRules)
    fields.push(13, accessFields(user.accessRules) ?? null);
  return fields;
}

function changeUser(user: Draft<User>, fields: FieldChanges, at: number): void {
  for (let i = 0; i < fields.length; i += 2) {
    const value = fields[i + 1];
    switch (fields[i]) {
      case 1: {
        const channel = value as MembershipFields | null;
        user.channelId = channel === null ? undefined : sharedWith(user.own.channelId, channel[0]);
        user.channelSessionId =
          channel === null ? undefined : channelSessionOf(channel[1], user.sessions);
        break;
      }
      case 2:
        user.isMicrophoneMuted = value === 1;
        break;
      case 3:
        user.isSpeakerMuted = value === 1;
        break;
      case 4:
        user.choice = statusChoiceOf(value);
        break;
      case 5:
        user.statusText = text(value);
        break;
      case 6:
        user.choiceExpiresAt = laterOrNone(at, value);
        break;
      case 7:
        user.visibleSince = laterOrNone(at, value);
        break;
      case 10:
        changeVersions(user, value as FieldChanges, at * VERSIONS_PER_MS);
        break;
      case 11: {
        const channels = value as ChannelFields | null;
        user.earlierChannels = channels ? earlierChannelsOf(channels) : NO_MEMBERSHIPS;
        user.channelHistory = channels ? channelHistoryOf(channels) : undefined;
        break;
      }
      case 12:
        user.moderatorMute = moderatorMuteOf(time(value));
        break;
      case 13:
        user.accessRules = accessRulesOf(user.userId, value as AccessFields | null);
        break;
      default:
        throw new UnreadableRecord('a field is unknown');
    }
  }
}

function versionChanges(
  { choiceVersions: before }: User,
  { choiceVersions: after }: User,
  base: number,
): FieldChanges {
  const fields: unknown[] = [];
  for (let kind = 0; kind < CHOICE_KINDS.length; kind++) {
    const name = CHOICE_KINDS[kind]!;
    if (before[name] !== after[name]) fields.push(kind, sinceOrNull(base, after[name]));
  }
  return fields;
}

function changeVersions(user: Draft<User>, fields: FieldChanges, base: number): void {
  const { status, microphone, speaker, channel, moderation, hiding } = user.choiceVersions;
  const versions = { status, microphone, speaker, channel, moderation, hiding };
  for (let i = 0; i < fields.length; i += 2) {
    const kind: ChoiceKind | undefined = CHOICE_KINDS[fields[i] as number];
    if (kind === undefined) throw new UnreadableRecord('a kind of choice is unknown');
    versions[kind] = laterOrNone(base, fields[i + 1]);
  }
  user.choiceVersions = packed(versions);
}
