import { check, checkId, checkList, checkName, checkOptions } from './arguments.js';
import { KINDS, type EventKind } from './change.js';

/**
 * The users to watch: those named, and those in one of the channels or in one of the groups. Without any of the three
 * lists, all users who are not offline, as far as the token may see them. A list without entries selects nobody.
 */
export interface WatchOptions {
  /** At most 10000. Named users are in the collection even when offline. `add` and `remove` change this list. */
  readonly users?: readonly string[] | undefined;
  /** At most 1000. */
  readonly channels?: readonly string[] | undefined;
  /**
   * At most 1000. The users of these groups are in the collection while they are online. Cannot be combined with
   * `channels`, because a presence does not name the groups of the user: the client cannot know whether a user who has
   * left the channels is still in a group.
   */
  readonly groups?: readonly string[] | undefined;
  /**
   * The kinds of change to receive. Users who go online, go offline or change their channel are always reported. Other
   * changes become visible with the next reported change of the user. Default: all kinds.
   */
  readonly kinds?: readonly EventKind[];
  /** Closes the collection. */
  readonly signal?: AbortSignal;
}

/** The maximum number of users that a collection names. */
export const MAX_USERS = 10_000;

export function checkUsers(users: readonly string[], name: string): void {
  checkList(users, name, MAX_USERS, checkId);
}

export function checkWatchOptions(options: WatchOptions): void {
  checkOptions(options);
  const { users = [], channels = [], groups = [], kinds = [] } = options;
  checkUsers(users, 'users');
  checkList(channels, 'channels', 1000, checkId);
  checkList(groups, 'groups', 1000, checkId);
  const isOneKind = channels.length === 0 || groups.length === 0;
  check(
    isOneKind,
    'groups',
    'cannot be combined with channels; watch the groups in a second collection',
  );
  checkList(kinds, 'kinds', 100, (kind, name) => checkName(kind, name, KINDS));
}
