const MAX_CHARACTERS = 128;

/** C0, DEL and C1: \p{Cc}, which takes five times as long as these three ranges. */
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * Whether `value` may name a user, a channel or a session: 1 to 128 characters (code points), none of them a
 * control character. Nothing else is assumed of ids, they belong to the product that calls us.
 */
export function isIdentifier(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    hasMaxLength(value, MAX_CHARACTERS) &&
    // Half of a surrogate pair has no UTF-8 form.
    value.isWellFormed() &&
    !CONTROL.test(value)
  );
}

/** Whether `text` may be shown to people: nothing in it rings a bell, breaks the line or paints a terminal. */
export function hasNoControlCharacters(text: string): boolean {
  return !CONTROL.test(text);
}

/** Whether `text` has at most `limit` characters, counted as code points. Costs nothing for hopelessly long text. */
export function hasMaxLength(text: string, limit: number): boolean {
  if (text.length <= limit) return true;
  if (text.length > 2 * limit) return false;
  // A list of the characters would take ten times as long, and there may be ten thousand ids. So would `charCodeAt` in
  // Node 20 once a class extends String, as one of the client library of Redis does.
  let count = 0;
  const characters = text[Symbol.iterator]();
  while (!characters.next().done) count++;
  return count <= limit;
}
