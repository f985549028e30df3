const MAX_CHARACTERS = 128;

/** C0, DEL and C1. */
const CONTROL = /\p{Cc}/u;

/** The same, and halves of surrogate pairs, which have no UTF-8 form. */
const FORBIDDEN = /[\p{Cc}\p{Cs}]/u;

/**
 * Whether `value` may name a user, a channel or a session: 1 to 128 characters (code points), none of them a
 * control character. Nothing else is assumed of ids, they belong to the product that calls us.
 */
export function isIdentifier(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    hasAtMost(value, MAX_CHARACTERS) &&
    !FORBIDDEN.test(value)
  );
}

/** Whether `text` may be shown to people: nothing in it rings a bell, breaks the line or paints a terminal. */
export function hasNoControls(text: string): boolean {
  return !CONTROL.test(text);
}

/** Whether `text` has at most `limit` characters, counted as code points. Costs nothing for hopelessly long text. */
export function hasAtMost(text: string, limit: number): boolean {
  if (text.length <= limit) return true;
  if (text.length > 2 * limit) return false;
  // A list of the characters would take ten times as long, and there may be ten thousand ids.
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    if (isPair(text, i)) i++;
    count++;
  }
  return count <= limit;
}

/** Whether two surrogates make one character. */
function isPair(text: string, i: number): boolean {
  const first = text.charCodeAt(i);
  if (first < 0xd800 || first > 0xdbff) return false;
  const second = text.charCodeAt(i + 1);
  return second >= 0xdc00 && second <= 0xdfff;
}
