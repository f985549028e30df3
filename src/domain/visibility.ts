import type { Hidings } from './access-rules.js';
import type { PresenceEvent, Reason } from './event.js';
import { haveSameGroups, type GroupList } from './group-list.js';
import { presenceDespite } from './hiding.js';
import { diffPresence } from './presence-diff.js';
import { areSame, NO_CHANNELS, unknownPresence, type Presence } from './presence.js';
import { sharedGroups } from './shared-groups.js';
import { NO_GROUPS, type Session, type User } from './user.js';
import type { Viewer } from './viewer.js';
import { watchedAmong } from './watched-channels.js';

/** The part of a user that decides what others see. */
export interface Viewed {
  readonly shown: Presence;
  /** The groups of the sessions. Empty for a user who is shown OFFLINE. */
  readonly groups: GroupList;
  readonly hiddenFrom: Hidings;
}

/** Returns the part of a user that decides what others see. */
export function viewedOf(user: User): Viewed {
  const { shown, accessRules } = user;
  return { shown, groups: groupsOf(user), hiddenFrom: accessRules.hiddenFrom };
}

/** The groups of sessions with different groups. Each list of sessions is merged once. */
const mergedGroups = new WeakMap<readonly Session[], GroupList>();

/** Returns the groups of all sessions, sorted, each once. A user who is shown OFFLINE has none. */
export function groupsOf({ shown, sessions }: User): GroupList {
  if (shown.status === 'OFFLINE') return NO_GROUPS;
  const groups = sessions[0]?.groups ?? NO_GROUPS;
  // Sessions with the same groups share the list.
  if (sessions.every((session) => session.groups === groups)) return groups;
  let merged = mergedGroups.get(sessions);
  if (merged === undefined) {
    merged = sharedGroups(sessions.flatMap((each) => [...each.groups]));
    mergedGroups.set(sessions, merged);
  }
  return merged;
}

/**
 * Whether a commit without events changes what some viewer sees: the groups of the user, the order of the channels, or the
 * users from whom the user hides.
 */
export function changesViewers(before: User, after: User): boolean {
  if (before.accessRules.hiddenFrom !== after.accessRules.hiddenFrom) return true;
  if (before.sessions === after.sessions && before.shown === after.shown) return false;
  if (!areSame(before.shown.otherChannelIds, after.shown.otherChannelIds)) return true;
  return !haveSameGroups(groupsOf(before), groupsOf(after));
}

/**
 * Returns the presence of a user that a viewer sees. This is the only visibility rule of the service. Events, lists,
 * counts and snapshots use `presenceSeenBy`, in which users see themselves as others do.
 */
export function shownTo(viewer: Viewer, user: User): Presence {
  return viewer.userId === user.userId ? user.own : presenceSeenBy(viewer, viewedOf(user));
}

/** Returns the presence of a user that a viewer sees in events, lists, counts and snapshots. */
export function presenceSeenBy(viewer: Viewer, viewed: Viewed): Presence {
  const { shown, hiddenFrom } = viewed;
  if (viewer.userId === shown.userId) return shown;
  if (!isVisibleTo(viewer, viewed)) return unknownPresence(shown.userId);
  const hiding = hiddenFrom.size === 0 ? undefined : hiddenFrom.get(viewer.userId);
  // A viewer with groups does not see users who are OFFLINE.
  if (hiding?.presence !== undefined && viewer.groups !== undefined)
    return unknownPresence(shown.userId);
  const seen = hiding === undefined ? shown : presenceDespite(hiding, shown);
  return viewer.mayWatch === undefined ? seen : withWatched(viewer.mayWatch, seen);
}

/** Whether the groups and channels of a viewer let it see a user. It does not consider from whom the user hides. */
function isVisibleTo({ groups: own, mayWatch }: Viewer, { shown, groups }: Viewed): boolean {
  // A user who is shown OFFLINE has no groups and no channels.
  if (own === undefined) return true;
  if (groups.some((group) => own.has(group))) return true;
  const { channelId, otherChannelIds } = shown;
  if (channelId === undefined) return false;
  if (mayWatch === undefined || mayWatch(channelId)) return true;
  return watchedAmong(mayWatch, otherChannelIds).length > 0;
}

/** Returns the presence with only the channels that the viewer may watch. */
function withWatched(mayWatch: (channelId: string) => boolean, presence: Presence): Presence {
  const { channelId, otherChannelIds } = presence;
  if (channelId === undefined) return presence;
  const others = watchedAmong(mayWatch, otherChannelIds);
  if (mayWatch(channelId))
    return others === otherChannelIds ? presence : { ...presence, otherChannelIds: others };
  // The channels are in the order of the joins.
  const current = others.at(-1);
  return {
    ...presence,
    channelId: current,
    otherChannelIds: current === undefined ? NO_CHANNELS : others.slice(0, -1),
  };
}

/** Whether a subscription follows a user before and after a commit. */
export interface Followed {
  readonly before: boolean;
  readonly after: boolean;
}

export const FOLLOWED: Followed = { before: true, after: true };

/**
 * Returns the events of a commit for one viewer: the differences between what the viewer sees before and after it. A user
 * whom the viewer stops seeing is announced as OFFLINE, with nothing but the version of the commit.
 */
export function eventsFor(
  viewer: Viewer,
  before: Viewed,
  after: Viewed,
  now: number,
  cause: Reason,
  followed: Followed = FOLLOWED,
): readonly PresenceEvent[] {
  const [from, to] = [before, after].map((viewed) => presenceSeenBy(viewer, viewed));
  return eventsBetween(viewer, [from!, to!], after, now, cause, followed);
}

/** Like `eventsFor`, with the presences that the viewer sees before the commit and after it while it follows the user. */
export function eventsBetween(
  viewer: Viewer,
  [before, current]: readonly [before: Presence, current: Presence],
  after: Viewed,
  now: number,
  cause: Reason,
  followed: Followed,
): readonly PresenceEvent[] {
  const unknown = unknownPresence(after.shown.userId);
  const from = followed.before ? before : unknown;
  const to = followed.after ? current : unknown;
  const isGone = to.version === 0 && from.version > 0;
  // A user who hides goes OFFLINE with the version that the user would have after the end of all sessions.
  const frozen = after.hiddenFrom.get(viewer.userId)?.presence?.version ?? 0;
  const version = Math.max(after.shown.version, frozen, from.version + 1);
  return diffPresence(from, isGone ? { ...to, version } : to, now, cause);
}
