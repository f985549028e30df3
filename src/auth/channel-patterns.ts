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

  /** The prefixes that no other prefix begins, sorted. At most one of them begins a channel id: the last one before it. */
  private readonly shortest: readonly string[];

  private constructor(
    private readonly ids: ReadonlySet<string>,
    private readonly prefixes: readonly string[],
  ) {
    const shortest: string[] = [];
    for (const prefix of prefixes.toSorted()) {
      const last = shortest.at(-1);
      if (last === undefined || !prefix.startsWith(last)) shortest.push(prefix);
    }
    this.shortest = shortest;
  }

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
    if (this.ids.has(channelId)) return true;
    let [low, high] = [0, this.shortest.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.shortest[middle]! <= channelId) low = middle + 1;
      else high = middle;
    }
    return low > 0 && channelId.startsWith(this.shortest[low - 1]!);
  }
}
