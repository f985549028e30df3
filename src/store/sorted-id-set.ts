import sortedBtree from 'sorted-btree';

// The package is CommonJS. In an ES module, its class is the property `default` of its exports.
const BTree = sortedBtree.default;

/** Up to this size a sorted list is about as fast as a tree and takes half the memory or less. */
const MAX_LISTED = 128;

/** The maximum number of ids in a node of a tree. With the default of 32, an id takes a third more memory. */
const NODE_SIZE = 64;

const NO_IDS: readonly string[] = [];

/**
 * A set of ids in order of UTF-16 code units, so that a page can be read without sorting. A node may hold a hundred
 * thousand channels with few members each, so a small set is a list that is never changed in place.
 */
export class SortedIdSet {
  private ids: readonly string[] | InstanceType<typeof BTree<string, undefined>> = NO_IDS;

  get size(): number {
    return this.ids instanceof BTree ? this.ids.size : this.ids.length;
  }

  has(id: string): boolean {
    return this.ids instanceof BTree ? this.ids.has(id) : this.ids[positionOf(this.ids, id)] === id;
  }

  add(id: string): void {
    if (this.ids instanceof BTree) {
      this.ids.set(id, undefined);
      return;
    }
    const at = positionOf(this.ids, id);
    if (this.ids[at] === id) return;
    const ids = this.ids.toSpliced(at, 0, id);
    if (ids.length <= MAX_LISTED) this.ids = ids;
    else
      this.ids = new BTree(
        ids.map((each) => [each, undefined]),
        undefined,
        NODE_SIZE,
      );
  }

  /** A tree stays a tree, so that a set does not change back and forth. */
  delete(id: string): void {
    if (this.ids instanceof BTree) {
      this.ids.delete(id);
      return;
    }
    const at = positionOf(this.ids, id);
    if (this.ids[at] === id) this.ids = this.ids.toSpliced(at, 1);
  }

  /** The ids after `after`, in order, read lazily. Undefined: all ids. */
  *after(after?: string): Generator<string, undefined> {
    const ids = this.ids instanceof BTree ? this.ids.keys(after) : this.ids;
    for (const id of ids) {
      if (after === undefined || id > after) yield id;
    }
  }
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
