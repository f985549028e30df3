import { sharedText } from './shared-text.js';
import { NO_GROUPS } from './user.js';

/** The number of remembered lists in one generation. */
const MAX_RECENT = 5_000;

let recent = new Map<string, readonly string[]>();
let earlier = new Map<string, readonly string[]>();

/**
 * Returns a sorted list with these groups, each once, that other sessions with the same groups share. Many users have the
 * same groups. The number of remembered lists is limited; see `sharedText`.
 */
export function sharedGroups(groups: readonly string[]): readonly string[] {
  if (groups.length === 0) return NO_GROUPS;
  // No group contains a control character.
  const key = groups.join('\n');
  const known = recent.get(key);
  if (known !== undefined) return known;
  const shared = earlier.get(key) ?? [...new Set(groups)].sort().map(sharedText);
  if (recent.size >= MAX_RECENT) {
    earlier = recent;
    recent = new Map();
  }
  recent.set(key, shared);
  return shared;
}
