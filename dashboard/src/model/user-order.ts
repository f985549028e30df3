import { STATUSES, type User } from './user.js';

export type SortKey = 'user' | 'status' | 'channel' | 'platforms' | 'idle';

export interface Sort {
  readonly key: SortKey;
  readonly isDescending: boolean;
}

export type Compare = (a: User, b: User) => number;

/** Texts by their code units: a comparison by the rules of a language costs fifty times as much, and these are ids. */
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Who has none comes last, whichever way the others go. */
const LAST = '\u{10ffff}';

const COMPARISONS: Readonly<Record<SortKey, Compare>> = {
  user: () => 0,
  status: (a, b) => STATUSES.indexOf(a.status) - STATUSES.indexOf(b.status),
  channel: (a, b) => byText(a.channelId ?? LAST, b.channelId ?? LAST),
  platforms: (a, b) => byText(a.platforms.join(), b.platforms.join()),
  // The longest idle is who acted first.
  idle: (a, b) => lastActionOf(b) - lastActionOf(a),
};

/** The order of a table. Users who are equal in it are ordered by their id, so that they never trade places. */
export function comparison({ key, isDescending }: Sort): Compare {
  const compare = COMPARISONS[key];
  const sign = isDescending ? -1 : 1;
  if (key === 'user') return (a, b) => sign * byText(a.userId, b.userId);
  return (a, b) => sign * compare(a, b) || byText(a.userId, b.userId);
}

/**
 * `rows` after a burst of changes: without those who are in `changed`, and with `arrivals`, who belong to them now. One
 * walk along the rows, whose order is not made anew: ten thousand rows take a burst of changes within a frame.
 */
export function mergeRows(
  rows: readonly User[],
  changed: ReadonlySet<string>,
  arrivals: readonly User[],
  compare: Compare,
): User[] {
  const coming = [...arrivals].sort(compare);
  const merged: User[] = [];
  let next = 0;
  for (const row of rows) {
    if (changed.has(row.userId)) continue;
    while (next < coming.length && compare(coming[next]!, row) < 0) merged.push(coming[next++]!);
    merged.push(row);
  }
  while (next < coming.length) merged.push(coming[next++]!);
  return merged;
}

/** Who is online is active, whenever that was last told. */
function lastActionOf({ status, lastActiveAt }: User): number {
  return status === 'online' ? Number.MAX_SAFE_INTEGER : (lastActiveAt?.getTime() ?? 0);
}
