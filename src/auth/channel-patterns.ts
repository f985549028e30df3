/** The maximum number of patterns in one list of a token. */
const MAX_PATTERNS = 100;

/** Channels that a token names: exact ids, and prefixes followed by "*". */
export class ChannelPatterns {
  /** No channel. */
  static readonly NONE = new ChannelPatterns(new Set(), []);

  private constructor(
    private readonly ids: ReadonlySet<string>,
    private readonly prefixes: readonly string[],
  ) {}

  /** Reads a list of a claim. Undefined: the value is not a list of at most 100 patterns. */
  static from(value: unknown): ChannelPatterns | undefined {
    if (value === undefined) return ChannelPatterns.NONE;
    if (!Array.isArray(value) || value.length > MAX_PATTERNS) return undefined;
    const ids = new Set<string>();
    const prefixes: string[] = [];
    for (const pattern of value as readonly unknown[]) {
      if (typeof pattern !== 'string' || pattern === '') return undefined;
      if (pattern.endsWith('*')) prefixes.push(pattern.slice(0, -1));
      else ids.add(pattern);
    }
    return new ChannelPatterns(ids, prefixes);
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
