/** The number of texts in one generation. Two generations of ids with 45 characters take 4 MB. */
const MAX_RECENT = 20_000;

let recent = new Map<string, string>();
let earlier = new Map<string, string>();

/**
 * Returns a string equal to `text` that other users share. The members of a channel, and the sessions on a platform or
 * a node, arrive with a copy of the same text each. The number of remembered texts is limited, because clients choose
 * them: a text that was not used for a long time gets a new copy.
 */
export function sharedText(text: string): string {
  const known = recent.get(text);
  if (known !== undefined) return known;
  const shared = earlier.get(text) ?? text;
  if (recent.size >= MAX_RECENT) {
    earlier = recent;
    recent = new Map();
  }
  recent.set(shared, shared);
  return shared;
}
