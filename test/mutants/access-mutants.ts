import type { AccessMutant } from './mutant.js';
import { ruleMutants } from './rule-mutants.js';
import { viewMutants } from './view-mutants.js';
import { presenceMutants } from './presence-mutants.js';
import { sessionMutants } from './session-mutants.js';
import { tokenMutants } from './token-mutants.js';
import { storeMutants } from './store-mutants.js';
import { streamMutants } from './stream-mutants.js';

/** Each makes one surface of the service bypass the rules of access. */
export const accessMutants: readonly AccessMutant[] = [
  ...ruleMutants,
  ...viewMutants,
  ...presenceMutants,
  ...sessionMutants,
  ...tokenMutants,
  ...streamMutants,
  ...storeMutants,
];
