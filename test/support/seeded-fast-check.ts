import fc from 'fast-check';
import { HAS_GIVEN_SEED, SEED } from './seed.js';

// By default fast-check uses a new seed in each run.
fc.configureGlobal({ seed: SEED });

export default fc;

/**
 * Returns the number of runs of a property that takes seconds: all with a given seed, and a third
 * with the fixed one.
 */
export function runs(withGivenSeed: number): number {
  return HAS_GIVEN_SEED ? withGivenSeed : Math.ceil(withGivenSeed / 3);
}
