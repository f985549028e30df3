import type { Evidence } from '../evidence.js';

/** A promise of the cluster, and the way to find out whether it was kept. */
export interface Check {
  readonly name: string;
  readonly promise: string;
  /** What speaks against it, each in a sentence. */
  readonly complaints: (evidence: Evidence) => readonly string[];
}
