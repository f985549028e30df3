import { describe, expect, it } from 'vitest';
import { rendezvous } from './rendezvous.js';

const NODES = ['ann', 'bob', 'cat', 'dan'];
const THINGS = Array.from({ length: 400 }, (_, i) => i);

describe('Rendezvous', () => {
  it('is the same for the same set of nodes in any order', () => {
    for (const thing of THINGS) {
      expect(rendezvous(NODES.toReversed(), thing)).toBe(rendezvous(NODES, thing));
    }
  });

  it('deals things out evenly', () => {
    for (const node of NODES) {
      const share = THINGS.filter((thing) => rendezvous(NODES, thing) === node).length;
      expect(share).toBeGreaterThan(60);
      expect(share).toBeLessThan(140);
    }
  });

  it('moves only the keys of a lost node', () => {
    const left = NODES.filter((node) => node !== 'bob');
    for (const thing of THINGS) {
      const before = rendezvous(NODES, thing);
      if (before !== 'bob') expect(rendezvous(left, thing)).toBe(before);
    }
  });

  it('is undefined without nodes', () => {
    expect(rendezvous([], 1)).toBeUndefined();
  });
});
