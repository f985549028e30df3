import type { GroupList } from './group-list.js';

/** The number of remembered lists in one generation. */
const MAX_RECENT = 5_000;

/**
 * The names of groups, each once and with a number. Numbers are in the order in which the names were first used. Names are
 * never removed: `GroupNameSweep` replaces the object when many of its names are unused. It stays in memory until no list
 * refers to it.
 */
export class GroupNames {
  private readonly names: string[] = [];
  private readonly numbers = new Map<string, number>();
  /** Lists by their encoded numbers. */
  private recent = new Map<string, NumberedGroups>();
  private earlier = new Map<string, NumberedGroups>();

  get size(): number {
    return this.names.length;
  }

  nameOf(number: number): string {
    return this.names[number]!;
  }

  /** Returns the list of these groups, the same one as before if it is remembered. */
  listOf(groups: Iterable<string>): NumberedGroups {
    const encoded = this.encode(groups);
    const known = this.recent.get(encoded);
    if (known !== undefined) return known;
    const list = this.earlier.get(encoded) ?? new NumberedGroups(this, encoded);
    this.remember(encoded, list);
    return list;
  }

  /** Lets a list use these names instead of those that it was made with. */
  adopt(list: NumberedGroups): void {
    if (list.uses(this)) return;
    const encoded = this.encode(list);
    list.use(this, encoded);
    this.remember(encoded, list);
  }

  private remember(encoded: string, list: NumberedGroups): void {
    if (this.recent.size >= MAX_RECENT) {
      this.earlier = this.recent;
      this.recent = new Map();
    }
    this.recent.set(encoded, list);
  }

  private encode(groups: Iterable<string>): string {
    const bytes: number[] = [];
    for (const group of groups) {
      let rest = this.numberOf(group);
      for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
      bytes.push(rest);
    }
    return String.fromCharCode(...bytes);
  }

  private numberOf(group: string): number {
    let number = this.numbers.get(group);
    if (number === undefined) {
      number = this.names.push(group) - 1;
      this.numbers.set(group, number);
    }
    return number;
  }
}

/**
 * Groups by their numbers. A user may have 100 groups that no other user has all of, and an array takes eight bytes for
 * each. The numbers are varints, as in Protocol Buffers, in a string with one byte for each character: a typed array takes
 * 200 bytes more.
 */
export class NumberedGroups implements GroupList {
  // Private at run time as well: how the groups are stored may change in an object that is frozen.
  #names: GroupNames;
  #encoded: string;

  /** `encoded`: the numbers in `names`, in the order of the names of the groups. */
  constructor(names: GroupNames, encoded: string) {
    this.#names = names;
    this.#encoded = encoded;
  }

  get length(): number {
    let length = 0;
    for (let at = 0; at < this.#encoded.length; at++)
      if (this.#encoded.charCodeAt(at) < 0x80) length++;
    return length;
  }

  some(predicate: (group: string) => boolean): boolean {
    const [names, encoded] = [this.#names, this.#encoded];
    let [number, shift] = [0, 0];
    for (let at = 0; at < encoded.length; at++) {
      const byte = encoded.charCodeAt(at);
      number |= (byte & 0x7f) << shift;
      shift += 7;
      if (byte >= 0x80) continue;
      if (predicate(names.nameOf(number))) return true;
      number = shift = 0;
    }
    return false;
  }

  [Symbol.iterator](): Iterator<string> {
    const groups: string[] = [];
    this.some((group) => {
      groups.push(group);
      return false;
    });
    return groups[Symbol.iterator]();
  }

  uses(names: GroupNames): boolean {
    return this.#names === names;
  }

  /** Changes only how the groups are stored. */
  use(names: GroupNames, encoded: string): void {
    this.#names = names;
    this.#encoded = encoded;
  }
}
