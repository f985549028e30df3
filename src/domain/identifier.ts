const MAX_CHARACTERS = 128;

/** The control characters C0, DEL and C1. `\p{Cc}` matches the same, but takes five times as long as these ranges. */
// eslint-disable-next-line no-control-regex -- the pattern has to match control characters
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/**
 * Whether `value` may name a user, a channel or a session: 1 to 128 characters (code points), none of them a control
 * character. The service assumes nothing else about ids, because they belong to the product that calls it.
 */
export function isIdentifier(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    hasMaxLength(value, MAX_CHARACTERS) &&
    // A lone surrogate cannot be encoded as UTF-8.
    value.isWellFormed() &&
    !CONTROL.test(value)
  );
}

/** Whether `text` is safe to display: it has no control characters, which could break a line or control a terminal. */
export function hasNoControlCharacters(text: string): boolean {
  return !CONTROL.test(text);
}

/**
 * Whether `text` has at most `limit` characters, counted as code points. Much longer text is rejected without counting.
 */
export function hasMaxLength(text: string, limit: number): boolean {
  if (text.length <= limit) return true;
  if (text.length > 2 * limit) return false;
  // An array of the characters would take ten times as long, and there may be ten thousand ids. `charCodeAt` would be
  // as slow in Node 20 once a class extends String, as one class of the Redis client library does.
  let count = 0;
  const characters = text[Symbol.iterator]();
  while (!characters.next().done) count++;
  return count <= limit;
}
