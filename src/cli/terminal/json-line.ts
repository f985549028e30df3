/** A value as one line of JSON. Versions are text, since they are larger than JavaScript counts; what is absent is null. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part === undefined) return null;
    return typeof part === 'bigint' ? part.toString() : part;
  });
}
