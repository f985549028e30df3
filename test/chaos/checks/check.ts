import type { Evidence } from '../evidence.js';

/** A promise of the cluster, and a function that checks whether it was kept. */
export interface Check {
  readonly name: string;
  readonly promise: string;
  /** The violations, one sentence each. */
  readonly violations: (evidence: Evidence) => readonly string[];
}
