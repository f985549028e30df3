import { NO_SESSION_ATTRIBUTES, type SessionAttributes } from '../../domain/attributes.js';
import { haveSameGroups, type GroupList } from '../../domain/group-list.js';
import { sharedGroups } from '../../domain/shared-groups.js';
import { sharedTerms, type SessionTerms } from '../../domain/terms.js';
import { LOSS_REASONS, NO_GROUPS, type LossReason, type Session } from '../../domain/user.js';
import {
  oneOf,
  sharedWith,
  text,
  texts,
  time,
  timeOrNone,
  trimmed,
  type Stored,
  type Written,
} from './record-fields.js';

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
  /** Only few sessions have this field. */
  succeeds: string | undefined,
  attributes: readonly AttributeFields[] | undefined,
  tokenIssuedAt: number | undefined,
  groups: readonly string[] | undefined,
  joinRights: string | undefined,
];

/** An attribute of a session. */
export type AttributeFields = readonly [
  key: string,
  value: string,
  version: number,
  expiresAt: number | null,
];

type TermsFields = readonly [
  idleTimeoutMs: number,
  heartbeatTimeoutMs: number,
  reconnectGraceMs: number,
];

export type StoredSession = Stored<SessionFields, LaterSessionFields>;

/** Encodes a session. */
export function sessionFields(session: Session): StoredSession {
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
    attributeFields(session.attributes),
    session.tokenIssuedAt,
    session.groups.length === 0 ? undefined : [...session.groups],
    session.joinRights,
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
  return sharedTerms({
    idleTimeoutMs: time(fields[0]),
    heartbeatTimeoutMs: time(fields[1]),
    reconnectGraceMs: time(fields[2]),
  });
}

const KNOWN_LOSS_REASONS: ReadonlySet<LossReason> = new Set(LOSS_REASONS);

/** Decodes why a session was lost. Undefined: it is live. */
export function lossReasonOf(value: unknown): LossReason | undefined {
  return value === undefined || value === null ? undefined : oneOf(KNOWN_LOSS_REASONS, value);
}

/** Decodes a session. `known` is the same session in the state before. */
export function sessionOf(fields: StoredSession, known?: Session): Session {
  const joinRights = fields[14] ?? undefined;
  return {
    sessionId: known?.sessionId ?? text(fields[0]),
    node: sharedWith(known?.node, fields[1]),
    platform: sharedWith(known?.platform, fields[2]),
    connectedAt: time(fields[3]),
    lastActiveAt: time(fields[4]),
    heartbeatDueAt: timeOrNone(fields[5]),
    tokenExpiresAt: timeOrNone(fields[6]),
    graceEndsAt: timeOrNone(fields[7]),
    lostBecause: lossReasonOf(fields[8]),
    terms: termsOf(fields[9]),
    // Any value is harmless: a session that it does not name has no effect.
    succeeds: fields[10] ?? undefined,
    attributes: attributesOf(fields[11]),
    groups: groupsOf(fields[13], known),
    tokenIssuedAt: timeOrNone(fields[12]),
    joinRights: joinRights === undefined ? undefined : sharedWith(known?.joinRights, joinRights),
  };
}

/** All groups are checked before they are shared, because a damaged record must not change those of other users. */
function groupsOf(
  groups: readonly string[] | null | undefined,
  known: Session | undefined,
): GroupList {
  if (groups === undefined || groups === null) return NO_GROUPS;
  const read = texts(groups);
  return known !== undefined && haveSameGroups(known.groups, read)
    ? known.groups
    : sharedGroups(read);
}

/** Encodes the attributes of a session. Undefined: there are none. */
export function attributeFields(
  attributes: SessionAttributes,
): readonly AttributeFields[] | undefined {
  if (attributes.size === 0) return undefined;
  return [...attributes].map(
    ([key, { value, version, expiresAt }]) => [key, value, version, expiresAt ?? null] as const,
  );
}

/** Decodes the attributes of a session. */
export function attributesOf(
  fields: readonly AttributeFields[] | null | undefined,
): SessionAttributes {
  if (fields === undefined || fields === null) return NO_SESSION_ATTRIBUTES;
  return new Map(
    fields.map(([key, value, version, expiresAt]) => [
      text(key),
      { value: text(value), version: time(version), expiresAt: timeOrNone(expiresAt) },
    ]),
  );
}
