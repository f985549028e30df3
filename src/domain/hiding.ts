import {
  accessRules,
  MAX_HIDDEN_FROM,
  type AccessRules,
  type HiddenFrom,
  type Hiding,
} from './access-rules.js';
import { chose } from './choice-versions.js';
import { offlineFrom, type Presence } from './presence.js';
import { copyUser, type User } from './user.js';
import { nextVersion } from './version.js';

/**
 * Replaces the list of viewers from whom a user hides. To a viewer on the list it is as if every session had ended now, and
 * to one who is not on it any more, as if the sessions began now. It is no activity of the user.
 */
export function hideFrom(
  user: User,
  userIds: readonly string[],
  now: number,
  idleTimeoutMs: number,
): User {
  const { hiddenFrom, tokensValidFrom } = user.accessRules;
  const wanted = new Set(userIds);
  wanted.delete(user.userId);
  if (wanted.size === 0 && user.choiceVersions.hiding === undefined) return user;
  const facts = copyUser(user);
  chose(facts, 'hiding', now);
  const { shown } = user;
  const version = nextVersion(Math.max(user.own.version, lastHidingVersion(user.accessRules)), now);
  // Viewers who see the same share the object.
  const begin = once((hiding: Hiding | undefined) => begun(hiding, shown, version));
  const end = once((hiding: Hiding) => ended(hiding, shown, version, now, idleTimeoutMs));
  const hiding = [...wanted].map(
    (viewerId) => [viewerId, begin(hiddenFrom.get(viewerId))] as const,
  );
  const past = [...hiddenFrom].flatMap(([viewerId, before]) => {
    const after = wanted.has(viewerId) ? undefined : end(before);
    return after === undefined ? [] : [[viewerId, after] as const];
  });
  past.sort(([, a], [, b]) => a.endedAt! - b.endedAt!);
  const after = new Map([...hiding, ...past.slice(-MAX_HIDDEN_FROM)]);
  if (!haveSameEntries(after, hiddenFrom)) facts.accessRules = accessRules(after, tokensValidFrom);
  return facts;
}

/** Returns the rules after a commit. What a viewer sees without them is not kept. */
export function settled(
  rules: AccessRules,
  shown: Presence,
  now: number,
  version: number,
): AccessRules {
  if (rules.hiddenFrom.size === 0) return rules;
  return mapHidings(rules, (hiding) => {
    const { presence, endedAt, activeUntil } = hiding;
    if (endedAt === undefined) return hiding;
    if (presence !== undefined) return shown.status === 'OFFLINE' ? hiding : undefined;
    if (shown.status === 'OFFLINE') {
      // The viewer has seen a later activity, which must not go back.
      if ((shown.lastActiveAt ?? 0) >= endedAt) return undefined;
      return { presence: { ...shown, lastActiveAt: endedAt }, endedAt, endedVersion: 0 };
    }
    const isIdleNow = shown.status === 'IDLE' && activeUntil !== undefined && activeUntil <= now;
    return isIdleNow ? { presence, endedAt, endedVersion: version } : hiding;
  });
}

/** Returns the presence of a user who has hidden from a viewer, as this viewer sees it. */
export function presenceDespite(
  { presence, endedAt = 0, endedVersion, activeUntil }: Hiding,
  shown: Presence,
): Presence {
  if (presence !== undefined) return presence;
  return {
    ...shown,
    status: shown.status === 'IDLE' && activeUntil !== undefined ? 'ONLINE' : shown.status,
    connectedAt: shown.connectedAt && Math.max(shown.connectedAt, endedAt),
    lastActiveAt: Math.max(shown.lastActiveAt ?? 0, endedAt),
    version: Math.max(shown.version, endedVersion),
  };
}

/** Returns the highest version that a viewer can have seen because of these rules. */
export function lastHidingVersion({ hiddenFrom }: AccessRules): number {
  let last = 0;
  if (hiddenFrom.size === 0) return last;
  for (const { presence, endedVersion } of hiddenFrom.values())
    last = Math.max(last, presence?.version ?? 0, endedVersion);
  return last;
}

function begun(hiding: Hiding | undefined, shown: Presence, version: number): Hiding {
  if (hiding !== undefined && hiding.endedAt === undefined) return hiding;
  const seen = hiding === undefined ? shown : presenceDespite(hiding, shown);
  const presence = seen.status === 'OFFLINE' ? seen : offlineFrom(seen, version);
  return { presence, endedAt: undefined, endedVersion: 0 };
}

/** Undefined: the viewer sees the same as everyone. */
function ended(
  hiding: Hiding,
  shown: Presence,
  version: number,
  now: number,
  idleTimeoutMs: number,
): Hiding | undefined {
  if (hiding.endedAt !== undefined) return hiding;
  if (shown.status !== 'OFFLINE') {
    const activeUntil = now + idleTimeoutMs;
    return { presence: undefined, endedAt: now, endedVersion: version, activeUntil };
  }
  const { presence } = hiding;
  return presence?.version === shown.version
    ? undefined
    : { presence, endedAt: now, endedVersion: 0 };
}

/** Returns the same object if no hiding changes. */
function mapHidings(
  rules: AccessRules,
  change: (hiding: Hiding) => Hiding | undefined,
): AccessRules {
  const { hiddenFrom, tokensValidFrom } = rules;
  const changed = once(change);
  const after = new Map<string, Hiding>();
  for (const [viewerId, hiding] of hiddenFrom) {
    const next = changed(hiding);
    if (next !== undefined) after.set(viewerId, next);
  }
  return haveSameEntries(after, hiddenFrom) ? rules : accessRules(after, tokensValidFrom);
}

/** Calls a function only once for each object, so that equal results stay one object. */
function once<Before, After>(change: (hiding: Before) => After): (hiding: Before) => After {
  const known = new Map<Before, After>();
  return (hiding) => {
    if (!known.has(hiding)) known.set(hiding, change(hiding));
    return known.get(hiding)!;
  };
}

function haveSameEntries(a: HiddenFrom, b: HiddenFrom): boolean {
  if (a.size !== b.size) return false;
  for (const [viewerId, hiding] of a) if (b.get(viewerId) !== hiding) return false;
  return true;
}
