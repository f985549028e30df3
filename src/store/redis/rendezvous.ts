/**
 * The owner of a task among `nodes`: the node with the highest hash of both names (rendezvous hashing, Thaler and
 * Ravishankar, 1998). All nodes with the same list agree. When a node leaves, only its tasks move to other nodes.
 */
export function rendezvous(nodes: readonly string[], thing: number): string | undefined {
  let best: string | undefined;
  let highest = -1;
  for (const node of [...nodes].sort()) {
    const weight = hash(`${thing}/${node}`);
    if (weight > highest) [best, highest] = [node, weight];
  }
  return best;
}

/** FNV-1a with an additional mix, because names that differ only in their last letters have close FNV-1a hashes. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
