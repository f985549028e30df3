import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vitest/config';
import { mutate } from '../chaos/mutants.js';
import { accessMutants } from './access-mutants.js';

const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url));

/**
 * Loads the sources with one mutant, for a run of tests that must fail. The files on disk do not change. Undefined: the
 * sources as they are.
 */
export function mutation(name: string | undefined): Plugin[] {
  if (name === undefined) return [];
  const mutant = accessMutants.find((each) => each.name === name);
  if (mutant === undefined) throw new Error(`There is no mutant "${name}".`);
  return [
    {
      name: 'mutation',
      enforce: 'pre',
      transform(code, id) {
        const edits = mutant.edits.filter(({ file }) => id.split('?')[0] === SOURCES + file);
        return edits.reduce(mutate, code);
      },
    },
  ];
}
