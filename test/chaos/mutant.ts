/** An exact replacement in the built code. */
export interface Edit {
  /** The path below `dist`. */
  readonly file: string;
  /** The text to replace. It must occur exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** The service without one of its safety rules, and the checks that must detect it. */
export interface Mutant {
  readonly name: string;
  readonly scenario: string;
  /** Any one of these checks is sufficient. */
  readonly caughtBy: readonly string[];
  readonly edits: readonly Edit[];
}
