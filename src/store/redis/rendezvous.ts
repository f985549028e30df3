/**
 * Who of `nodes` takes care of something: the one with the highest hash of both names (rendezvous hashing, Thaler and
 * Ravishankar, 1998). All who know the same nodes agree, and when one goes only its own is dealt out anew.
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

/** FNV-1a, mixed once more, since names that differ in their last letters only have hashes that lie together. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
