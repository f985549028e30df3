import type { Edit } from '../chaos/mutant.js';

/** The service with one place that does not obey the rules of access, and the test that must fail with it. */
export interface AccessMutant {
  readonly name: string;
  /** Paths below `src`. */
  readonly edits: readonly Edit[];
  /** A test file, and the beginning of the full name of tests in it. */
  readonly caughtBy: readonly [file: string, test: string];
}

/** Returns a mutant that replaces one text. */
export function mutant(
  name: string,
  file: string,
  find: string,
  replace: string,
  caughtBy: AccessMutant['caughtBy'],
): AccessMutant {
  return { name, edits: [{ file, find, replace }], caughtBy };
}
