import { unknownPresence, type Presence } from './presence.js';

/** The view that one viewer has of a user who hides from the viewer, or has hidden from it. */
export interface Hiding {
  /**
   * The OFFLINE presence that the viewer sees. Undefined: the hiding has ended, and the viewer sees the shown presence
   * with times that are not earlier than the end of the hiding.
   */
  readonly presence: Presence | undefined;
  /**
   * When the hiding ended, in service time. Undefined: the user still hides. The viewer of a user who was OFFLINE at
   * that time sees `presence` until the next session of the user.
   */
  readonly endedAt: number | undefined;
  /** The least version of what the viewer sees after the end of the hiding. Zero: it sees `presence`. */
  readonly endedVersion: number;
  /**
   * Until when the viewer sees a user who is IDLE as ONLINE. The end of the hiding looks like a connect, which would be an
   * activity. Undefined: that time is over, or the hiding has not ended.
   */
  readonly activeUntil?: number | undefined;
}

/** The viewers from whom a user hides, or has hidden, by user id. */
export type Hidings = ReadonlyMap<string, Hiding>;

/** The decisions about who may see a user and which of the user's tokens are accepted. */
export interface AccessRules {
  readonly hiddenFrom: Hidings;
  /**
   * Tokens that were issued before this time are refused, in milliseconds of the wall clock. Undefined: no token was
   * revoked.
   */
  readonly tokensValidFrom: number | undefined;
}

export const HIDDEN_FROM_NOBODY: Hidings = new Map();

/** The rules of nearly all users, who share this object. */
export const NO_ACCESS_RULES: AccessRules = Object.freeze({
  hiddenFrom: HIDDEN_FROM_NOBODY,
  tokensValidFrom: undefined,
});

/** Returns access rules, the shared object if there are none. */
export function accessRules(hiddenFrom: Hidings, tokensValidFrom: number | undefined): AccessRules {
  if (hiddenFrom.size === 0 && tokensValidFrom === undefined) return NO_ACCESS_RULES;
  return { hiddenFrom, tokensValidFrom };
}

/** Returns the viewers from whom a user hides now, sorted. */
export function currentlyHiddenFrom({ hiddenFrom }: AccessRules): readonly string[] {
  const hiding = [...hiddenFrom].filter(([, { endedAt }]) => endedAt === undefined);
  return hiding.map(([viewerId]) => viewerId).sort();
}

/**
 * Returns the rules of a user whose shown presence is forgotten. To the viewers from whom the user hides, the service has
 * then never seen the user, as to everyone.
 */
export function withoutPresences(userId: string, rules: AccessRules): AccessRules {
  const presence = unknownPresence(userId);
  const hiding: Hiding = { presence, endedAt: undefined, endedVersion: 0 };
  const hiddenFrom = new Map(currentlyHiddenFrom(rules).map((viewerId) => [viewerId, hiding]));
  return accessRules(hiddenFrom, rules.tokensValidFrom);
}

/** Whether two rules of the same user are equal. */
export function haveSameRules(a: AccessRules, b: AccessRules): boolean {
  if (a === b) return true;
  if (a.tokensValidFrom !== b.tokensValidFrom || a.hiddenFrom.size !== b.hiddenFrom.size)
    return false;
  for (const [viewerId, hiding] of a.hiddenFrom) {
    const other = b.hiddenFrom.get(viewerId);
    if (other === undefined || !isSameHiding(hiding, other)) return false;
  }
  return true;
}

/** The version identifies a presence of a user, except for the time of the last activity. */
function isSameHiding(a: Hiding, b: Hiding): boolean {
  return (
    a.endedAt === b.endedAt &&
    a.endedVersion === b.endedVersion &&
    a.activeUntil === b.activeUntil &&
    a.presence?.version === b.presence?.version &&
    a.presence?.lastActiveAt === b.presence?.lastActiveAt
  );
}

/** The maximum number of users from whom a user can hide, and separately of those from whom it has hidden. */
export const MAX_HIDDEN_FROM = 1000;

/**
 * The maximum size of their ids in UTF-8 bytes, again separately. Every commit of the user writes them: 1,000 UUIDs fit,
 * 1,000 ids of the greatest length do not.
 */
export const MAX_HIDDEN_FROM_BYTES = 65_536;
