/**
 * A sorted, immutable list of groups without duplicates. A sorted array implements it. `sharedGroups` returns an
 * implementation that uses less memory.
 */
export interface GroupList extends Iterable<string> {
  readonly length: number;
  some(predicate: (group: string) => boolean): boolean;
}

/** Whether two lists have the same groups. */
export function haveSameGroups(a: GroupList, b: GroupList): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  const others = [...b];
  let at = 0;
  return !a.some((group) => group !== others[at++]);
}
