import { InvalidArgumentError } from 'commander';

/**
 * Reads attributes as people type them: "key=value" sets a key, and a key alone removes it. The value may contain "=".
 * The result has no prototype, so that a key such as "__proto__" is a key like any other.
 */
export function attributesOf(...texts: readonly string[]): Record<string, string | undefined> {
  const attributes = Object.create(null) as Record<string, string | undefined>;
  for (const text of texts) {
    const at = text.indexOf('=');
    attributes[at < 0 ? text : text.slice(0, at)] = at < 0 ? undefined : text.slice(at + 1);
  }
  return attributes;
}

/** Collects the values of an option that may be given several times. */
export function attributeOption(text: string, earlier: readonly string[] = []): readonly string[] {
  if (!text.includes('=')) throw new InvalidArgumentError('It must have the form key=value.');
  return [...earlier, text];
}
