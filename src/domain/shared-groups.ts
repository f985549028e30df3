import type { GroupList } from './group-list.js';
import { GroupNames, NumberedGroups } from './group-names.js';
import { NO_GROUPS } from './user.js';

let names = new GroupNames();

/**
 * Returns a sorted list with these groups, each once. Many users have the same groups: their sessions share the list,
 * unless 5,000 other lists were asked for since.
 */
export function sharedGroups(groups: readonly string[]): GroupList {
  if (groups.length === 0) return NO_GROUPS;
  return names.listOf(isSortedSet(groups) ? groups : [...new Set(groups)].sort());
}

/** The number of names of groups that are kept in memory. */
export function countGroupNames(): number {
  return names.size;
}

/**
 * Drops the names that no list needs. Lists keep the names of all groups that existed with them, so call `keepGroups` for
 * the lists that stay in use. A list that is left out stays right, and only takes more memory.
 */
export function renewGroupNames(): void {
  names = new GroupNames();
}

/** Keeps the names of the groups in a list, and no others for its sake. */
export function keepGroups(groups: GroupList): void {
  if (groups instanceof NumberedGroups) names.adopt(groups);
}

function isSortedSet(groups: readonly string[]): boolean {
  for (let i = 1; i < groups.length; i++) if (groups[i - 1]! >= groups[i]!) return false;
  return true;
}
