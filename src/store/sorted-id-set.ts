import sortedBtree from 'sorted-btree';

// The package is CommonJS; to an ES module its class is the property `default` of what it exports.
const BTree = sortedBtree.default;

/** A set of ids kept in order (UTF-16 code units), so that a page is read without sorting. */
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

  /** The ids after `after`, in order, read lazily. All of them when it is undefined. */
  *after(after: string | undefined): Generator<string> {
    for (const id of this.tree.keys(after)) {
      if (id !== after) yield id;
    }
  }
}
