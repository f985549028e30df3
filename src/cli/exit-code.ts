/** What a command tells the shell. `serve` ends as the server does, and has codes of its own. */
export const ExitCode = {
  OK: 0,
  /** It was called as it should be, and could not do it. */
  FAILED: 1,
  /** It was not called as it should be, or misses a setting; calling it again like that is no use. */
  WRONG_USAGE: 2,
} as const;
