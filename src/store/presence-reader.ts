import type { GroupList } from '../domain/group-list.js';
import type { LISTED_STATUSES, Presence, Status } from '../domain/presence.js';
import type { TimeSlice } from '../timers/time-slice.js';

/** The statuses of users who are in lists and counts: all except OFFLINE. */
export type ListedStatus = (typeof LISTED_STATUSES)[number];

/** The number of users with each status, except OFFLINE. */
export type StatusCounts = Readonly<Record<ListedStatus, number>>;

/** Users who are counted together: those in a channel, or those in a group. */
export type CountScope = { readonly channelId: string } | { readonly groupId: string };

/** Decides when a list pauses. */
export type Slice = Pick<TimeSlice, 'isOver'>;

/**
 * A list of presences. It returns undefined at its end. If the slice was over before, it returns the id of the last user
 * whom it checked: the list continues after that id, also if users have changed meanwhile.
 */
export type PresenceList = Generator<Presence, string | undefined>;

/** The presences as one viewer sees them. All lists are in the order of user ids, and none contains OFFLINE users. */
export interface PresenceReader {
  presence(userId: string): Presence;

  /** The groups of a user, by which `inGroup` finds it. Empty for a user whom the viewer does not see online. */
  groupsOf(userId: string): GroupList;

  /** Users with one of `statuses` and an id after `after`. */
  listed(statuses: readonly Status[], after?: string, slice?: Slice): PresenceList;

  countListed(statuses: readonly Status[]): number;

  /** The number of users with each status. */
  readonly counts: StatusCounts;

  /** Users in a channel with an id after `after`. */
  members(channelId: string, after?: string, slice?: Slice): PresenceList;

  countMembers(channelId: string): number;

  /** The number of users with each status in a channel. */
  countsIn(channelId: string): StatusCounts;

  /** Users in a group with an id after `after`. */
  inGroup(groupId: string, after?: string, slice?: Slice): PresenceList;

  /** The number of users with each status in a group. */
  countsInGroup(groupId: string): StatusCounts;
}

export function noCounts(): Record<ListedStatus, number> {
  return { ONLINE: 0, IDLE: 0, DO_NOT_DISTURB: 0, AWAY: 0 };
}

/** Returns the number of users with each status in a scope. Undefined: of all users. */
export function countsOf(view: PresenceReader, scope: CountScope | undefined): StatusCounts {
  if (scope === undefined) return view.counts;
  return 'groupId' in scope ? view.countsInGroup(scope.groupId) : view.countsIn(scope.channelId);
}

/** Returns the number of users with one of `statuses`. */
export function sumOf(counts: StatusCounts, statuses: readonly Status[]): number {
  let sum = 0;
  for (const status of new Set(statuses)) if (status !== 'OFFLINE') sum += counts[status];
  return sum;
}
