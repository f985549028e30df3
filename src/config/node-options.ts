/** What Node itself was told at its start: in the environment, then on the command line, which V8 favours. */
export function nodeOptions(): readonly string[] {
  return [process.env.NODE_OPTIONS ?? '', ...process.execArgv];
}
