/** Returns the options of Node.js: first from the environment, then from the command line, which V8 prefers. */
export function nodeOptions(): readonly string[] {
  return [process.env.NODE_OPTIONS ?? '', ...process.execArgv];
}
