/** The exit codes of the commands. `serve` uses the codes of the server instead. */
export const ExitCode = {
  OK: 0,
  /** The call was correct, but the command failed. */
  FAILED: 1,
  /** The call was incorrect or a setting is missing. The same call will fail again. */
  WRONG_USAGE: 2,
} as const;
