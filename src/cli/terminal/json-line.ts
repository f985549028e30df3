/**
 * Formats a value as one line of JSON. Versions become strings, because they exceed the safe integers of JavaScript.
 * Undefined becomes null.
 */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part === undefined) return null;
    return typeof part === 'bigint' ? part.toString() : part;
  });
}
