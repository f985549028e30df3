/** The maximum number of ids in a list. A longer list takes longer to copy, a shorter one takes more memory for each id. */
const MAX_LISTED = 128;

/** Neighbouring lists of at most this size together become one. Below the maximum, so that no list changes back and forth. */
const MERGED_SIZE = MAX_LISTED / 2;

const NO_IDS: readonly string[] = [];

/**
 * A set of ids in order of UTF-16 code units, so that a page can be read without sorting. A node may hold a hundred
 * thousand channels with few members each, so a small set is one list. A list is never changed in place: it has exactly
 * the length of its ids.
 */
export class SortedIdSet {
  private ids: readonly string[] | ListedIds = NO_IDS;

  get size(): number {
    return this.ids instanceof ListedIds ? this.ids.size : this.ids.length;
  }

  has(id: string): boolean {
    const ids = this.ids instanceof ListedIds ? this.ids.listOf(id) : this.ids;
    return ids[positionOf(ids, id)] === id;
  }

  add(id: string): void {
    if (this.ids instanceof ListedIds) return this.ids.add(id);
    const ids = withId(this.ids, id);
    this.ids = ids.length <= MAX_LISTED ? ids : new ListedIds(ids);
  }

  delete(id: string): void {
    if (this.ids instanceof ListedIds) this.ids = this.ids.delete(id);
    else this.ids = withoutId(this.ids, id);
  }

  /** The ids after `after`, in order, read lazily. Undefined: all ids. */
  *after(after = ''): Generator<string, undefined> {
    let last = after;
    // The set may have changed after each list, so the next one is found by the last id.
    for (let ids = this.listAfter(last); ids.length > 0; ids = this.listAfter(last)) {
      for (let at = positionAfter(ids, last); at < ids.length; at++) yield (last = ids[at]!);
    }
  }

  /** Returns a list that has the first id after `id`. Empty: there is none. */
  private listAfter(id: string): readonly string[] {
    if (this.ids instanceof ListedIds) return this.ids.listAfter(id);
    return positionAfter(this.ids, id) < this.ids.length ? this.ids : NO_IDS;
  }
}

/**
 * The ids of a large set, in lists. Lists take less memory than a tree: its nodes are changed in place, and keep room for
 * more ids than they have.
 */
class ListedIds {
  /** In order. None is empty. */
  private readonly lists: (readonly string[])[];
  size: number;

  constructor(ids: readonly string[]) {
    this.lists = halves(ids);
    this.size = ids.length;
  }

  add(id: string): void {
    const nth = this.indexOf(id);
    const list = this.lists[nth]!;
    const ids = withId(list, id);
    if (ids === list) return;
    this.size++;
    if (ids.length <= MAX_LISTED) this.lists[nth] = ids;
    else this.lists.splice(nth, 1, ...halves(ids));
  }

  /** Returns the remaining ids, as a list if they are few. */
  delete(id: string): readonly string[] | this {
    const nth = this.indexOf(id);
    const list = this.lists[nth]!;
    const ids = withoutId(list, id);
    if (ids === list) return this;
    this.size--;
    this.lists[nth] = ids;
    this.merge(nth);
    this.merge(nth - 1);
    return this.size <= MERGED_SIZE ? this.lists.flat() : this;
  }

  /** Returns the list that has an id if the set has it. */
  listOf(id: string): readonly string[] {
    return this.lists[this.indexOf(id)]!;
  }

  /** Returns the list that has the first id after `id`. Empty: there is none. */
  listAfter(id: string): readonly string[] {
    const nth = this.indexOf(id);
    const list = this.lists[nth]!;
    return id < list.at(-1)! ? list : (this.lists[nth + 1] ?? NO_IDS);
  }

  /** Returns the index of the list for an id: the last one that does not begin after it. */
  private indexOf(id: string): number {
    let [low, high] = [1, this.lists.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.lists[middle]![0]! <= id) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Makes one list of a list and the next one if they are small or one is empty. */
  private merge(nth: number): void {
    const [list, next] = [this.lists[nth], this.lists[nth + 1]];
    if (list === undefined || next === undefined) return;
    const isEmpty = list.length === 0 || next.length === 0;
    if (isEmpty || list.length + next.length <= MERGED_SIZE)
      this.lists.splice(nth, 2, list.concat(next));
  }
}

function halves(ids: readonly string[]): (readonly string[])[] {
  const half = ids.length >>> 1;
  return [ids.slice(0, half), ids.slice(half)];
}

/** Returns the same list if it has the id. */
function withId(ids: readonly string[], id: string): readonly string[] {
  const at = positionOf(ids, id);
  return ids[at] === id ? ids : ids.toSpliced(at, 0, id);
}

/** Returns the same list if it does not have the id. */
function withoutId(ids: readonly string[], id: string): readonly string[] {
  const at = positionOf(ids, id);
  return ids[at] === id ? ids.toSpliced(at, 1) : ids;
}

/** Returns the position of the first id that is not before `id`. */
function positionOf(ids: readonly string[], id: string): number {
  let [low, high] = [0, ids.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ids[middle]! < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Returns the position of the first id after `id`. */
function positionAfter(ids: readonly string[], id: string): number {
  const at = positionOf(ids, id);
  return ids[at] === id ? at + 1 : at;
}
