import {
  accessRules,
  MAX_HIDDEN_FROM,
  MAX_HIDDEN_FROM_BYTES,
  type AccessRules,
  type Hidings,
  type Hiding,
} from './access-rules.js';
import { chose } from './choice-versions.js';
import { offlineFrom, type Presence } from './presence.js';
import { RejectedError } from './rejected-error.js';
import { copyUser, type User } from './user.js';
import { nextVersion } from './version.js';

/**
 * Replaces the list of viewers from whom a user hides. To a viewer on the list it is as if every session had ended now, and
 * to one who is not on it any more, as if the sessions began now. It is no activity of the user. Throws a `RejectedError` if
 * the ids are too long together.
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
  requireFits(wanted);
  if (wanted.size === 0 && user.choiceVersions.hiding === undefined) return user;
  const facts = copyUser(user);
  chose(facts, 'hiding', now);
  // Viewers who see the same share the object.
  const begin = once((hiding: Hiding | undefined) => begun(hiding, user, now));
  const end = once((hiding: Hiding) => ended(hiding, user, now, idleTimeoutMs));
  const hiding = [...wanted].map(
    (viewerId) => [viewerId, begin(hiddenFrom.get(viewerId))] as const,
  );
  const past = [...hiddenFrom].flatMap(([viewerId, before]) => {
    const after = wanted.has(viewerId) ? undefined : end(before);
    return after === undefined ? [] : [[viewerId, after] as const];
  });
  past.sort(([, a], [, b]) => a.endedAt! - b.endedAt!);
  const after = new Map([...hiding, ...lastThatFit(past)]);
  if (!haveSameEntries(after, hiddenFrom)) facts.accessRules = accessRules(after, tokensValidFrom);
  return facts;
}

function requireFits(userIds: Iterable<string>): void {
  let bytes = 0;
  for (const userId of userIds) bytes += Buffer.byteLength(userId);
  if (bytes <= MAX_HIDDEN_FROM_BYTES) return;
  throw new RejectedError(
    'INVALID_FIELD',
    `must have at most ${MAX_HIDDEN_FROM_BYTES} bytes of ids in total`,
    'user_ids',
  );
}

function lastThatFit(
  entries: readonly (readonly [viewerId: string, hiding: Hiding])[],
): typeof entries {
  const last = entries.slice(-MAX_HIDDEN_FROM);
  let bytes = 0;
  const tooMany = last.findLastIndex(([viewerId]) => {
    bytes += Buffer.byteLength(viewerId);
    return bytes > MAX_HIDDEN_FROM_BYTES;
  });
  return last.slice(tooMany + 1);
}

/**
 * Returns the rules after a commit. Drops a hiding that no longer changes what its viewer sees. The rules never change
 * the version that others see, and the version that the viewer sees still grows with every change.
 */
export function rulesAfterCommit(
  rules: AccessRules,
  before: Presence,
  shown: Presence,
  now: number,
): AccessRules {
  if (rules.hiddenFrom.size === 0) return rules;
  return mapHidings(rules, (hiding) => {
    if (hiding.endedAt === undefined) return hiding;
    if (hiding.presence !== undefined) return untilOnline(hiding, hiding.presence, shown);
    if (shown.status === 'OFFLINE') return untilNextSession(hiding, hiding.endedAt, shown);
    return whileOnline(hiding, shown.version !== before.version, shown, now);
  });
}

/** The hiding has ended while the user was OFFLINE. */
function untilOnline(hiding: Hiding, { version }: Presence, shown: Presence): Hiding | undefined {
  if (shown.status === 'OFFLINE') return hiding;
  if (shown.version > version) return undefined;
  return { presence: undefined, endedAt: hiding.endedAt, endedVersion: version + 1 };
}

/** The user goes OFFLINE after the hiding has ended. The viewer has seen a later activity, which must not go back. */
function untilNextSession(
  { endedVersion }: Hiding,
  endedAt: number,
  shown: Presence,
): Hiding | undefined {
  const lastActiveAt = Math.max(shown.lastActiveAt ?? 0, endedAt);
  const isNewer = shown.version > endedVersion;
  if (lastActiveAt === shown.lastActiveAt && isNewer) return undefined;
  const version = isNewer ? shown.version : endedVersion + 1;
  return { presence: { ...shown, lastActiveAt, version }, endedAt, endedVersion: 0 };
}

function whileOnline(hiding: Hiding, hasChanged: boolean, shown: Presence, now: number): Hiding {
  const { presence, endedAt, endedVersion, activeUntil } = hiding;
  if (shown.status === 'IDLE' && activeUntil !== undefined && activeUntil <= now) {
    const last = Math.max(hasChanged ? 0 : shown.version, endedVersion);
    return { presence, endedAt, endedVersion: nextVersion(last, now) };
  }
  return hasChanged && shown.version <= endedVersion
    ? { ...hiding, endedVersion: endedVersion + 1 }
    : hiding;
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

function begun(hiding: Hiding | undefined, { own, shown }: User, now: number): Hiding {
  if (hiding !== undefined && hiding.endedAt === undefined) return hiding;
  const seen = hiding === undefined ? shown : presenceDespite(hiding, shown);
  const version = nextVersion(Math.max(own.version, seen.version), now);
  const presence = seen.status === 'OFFLINE' ? seen : offlineFrom(seen, version);
  return { presence, endedAt: undefined, endedVersion: 0 };
}

/** Undefined: the viewer sees the same as everyone. */
function ended(
  hiding: Hiding,
  { own, shown }: User,
  now: number,
  idleTimeoutMs: number,
): Hiding | undefined {
  if (hiding.endedAt !== undefined) return hiding;
  const { presence } = hiding;
  if (shown.status !== 'OFFLINE') {
    const endedVersion = nextVersion(Math.max(own.version, presence?.version ?? 0), now);
    return { presence: undefined, endedAt: now, endedVersion, activeUntil: now + idleTimeoutMs };
  }
  const isSame =
    presence?.version === shown.version && presence.lastActiveAt === shown.lastActiveAt;
  return isSame ? undefined : { presence, endedAt: now, endedVersion: 0 };
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

function haveSameEntries(a: Hidings, b: Hidings): boolean {
  if (a.size !== b.size) return false;
  for (const [viewerId, hiding] of a) if (b.get(viewerId) !== hiding) return false;
  return true;
}
