import { isIdentifier } from '../domain/identifier.js';

/** Whether `value` is a channel id, or the beginning of one followed by "*". "*" alone stands for every channel. */
export function isChannelPattern(value: unknown): value is string {
  if (value === '*') return true;
  if (typeof value !== 'string') return false;
  const id = value.endsWith('*') ? value.slice(0, -1) : value;
  // A "*" elsewhere would be part of an id. It is more likely that the issuer expects it to stand for any text.
  return isIdentifier(id) && !id.includes('*');
}

/** Channels that a token names: exact ids, and prefixes followed by "*". */
export class ChannelPatterns {
  /** No channel. */
  static readonly NONE = new ChannelPatterns(new Set(), []);

  private constructor(
    private readonly ids: ReadonlySet<string>,
    private readonly prefixes: readonly string[],
  ) {}

  /** The channels of a list in which every entry is a channel pattern. */
  static of(list: readonly string[]): ChannelPatterns {
    const isPrefix = (pattern: string): boolean => pattern.endsWith('*');
    return new ChannelPatterns(
      new Set(list.filter((pattern) => !isPrefix(pattern))),
      list.filter(isPrefix).map((pattern) => pattern.slice(0, -1)),
    );
  }

  /** The channels of several lists. */
  static union(all: readonly ChannelPatterns[]): ChannelPatterns {
    return new ChannelPatterns(new Set(all.flatMap(({ ids }) => [...ids])), [
      ...new Set(all.flatMap(({ prefixes }) => prefixes)),
    ]);
  }

  /** The patterns as a token has them, each once, sorted. */
  get patterns(): readonly string[] {
    return [...this.ids, ...new Set(this.prefixes.map((prefix) => `${prefix}*`))].sort();
  }

  /** Whether the patterns match every channel. */
  get matchesAll(): boolean {
    return this.prefixes.includes('');
  }

  matches(channelId: string): boolean {
    return this.ids.has(channelId) || this.prefixes.some((prefix) => channelId.startsWith(prefix));
  }
}
