import { NO_SESSION_ATTRIBUTES, type SessionAttributes } from '../../domain/attributes.js';
import { sharedGroups } from '../../domain/shared-groups.js';
import { sharedText } from '../../domain/shared-text.js';
import { sharedTerms, type SessionTerms } from '../../domain/terms.js';
import { NO_GROUPS, type LossReason, type Session } from '../../domain/user.js';
import { trimmed, type Stored, type Written } from './record-fields.js';

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

type AttributeFields = readonly [
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
    session.groups.length === 0 ? undefined : session.groups,
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
  const [idleTimeoutMs, heartbeatTimeoutMs, reconnectGraceMs] = fields;
  return sharedTerms({ idleTimeoutMs, heartbeatTimeoutMs, reconnectGraceMs });
}

/** Decodes a session. */
export function sessionOf(fields: StoredSession): Session {
  const [sessionId, node, platform, connectedAt, lastActiveAt, dueAt, expiresAt, graceEndsAt] =
    fields;
  return {
    sessionId,
    node: sharedText(node),
    platform: sharedText(platform),
    connectedAt,
    lastActiveAt,
    heartbeatDueAt: dueAt ?? undefined,
    tokenExpiresAt: expiresAt ?? undefined,
    graceEndsAt: graceEndsAt ?? undefined,
    lostBecause: fields[8] ?? undefined,
    terms: termsOf(fields[9]),
    succeeds: fields[10] ?? undefined,
    attributes: attributesOf(fields[11]),
    groups: groupsOf(fields[13]),
    tokenIssuedAt: fields[12] ?? undefined,
    joinRights: sharedTextOf(fields[14]),
  };
}

/** Only groups that are text may be shared, because a damaged record must not change those of other users. */
function groupsOf(groups: readonly string[] | null | undefined): readonly string[] {
  if (groups === undefined || groups === null) return NO_GROUPS;
  return groups.every((group) => typeof group === 'string') ? sharedGroups(groups) : groups;
}

function sharedTextOf(text: string | null | undefined): string | undefined {
  return text === undefined || text === null ? undefined : sharedText(text);
}

function attributeFields(attributes: SessionAttributes): readonly AttributeFields[] | undefined {
  if (attributes.size === 0) return undefined;
  return [...attributes].map(
    ([key, { value, version, expiresAt }]) => [key, value, version, expiresAt ?? null] as const,
  );
}

function attributesOf(fields: readonly AttributeFields[] | null | undefined): SessionAttributes {
  if (fields === undefined || fields === null) return NO_SESSION_ATTRIBUTES;
  return new Map(
    fields.map(([key, value, version, expiresAt]) => [
      key,
      { value, version, expiresAt: expiresAt ?? undefined },
    ]),
  );
}
