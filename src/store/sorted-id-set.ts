import sortedBtree from 'sorted-btree';

// The package is CommonJS. In an ES module, its class is the property `default` of its exports.
const BTree = sortedBtree.default;

/** A set of ids in order of UTF-16 code units, so that a page can be read without sorting. */
export class SortedIdSet {
  private readonly tree = new BTree<string, undefined>();

  get size(): number {
    return this.tree.size;
  }

  add(id: string): void {
    this.tree.set(id, undefined);
  }

  delete(id: string): void {
    this.tree.delete(id);
  }

  /** The ids after `after`, in order, read lazily. Undefined: all ids. */
  *after(after: string | undefined): Generator<string> {
    for (const id of this.tree.keys(after)) {
      if (id !== after) yield id;
    }
  }
}
