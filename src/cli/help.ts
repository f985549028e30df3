/** Formats the examples at the end of a help text: each command with its purpose. */
export function examples(
  ...lines: readonly (readonly [command: string, purpose: string])[]
): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  const list = lines.map(([command, purpose]) => `  ${command.padEnd(width)}   ${purpose}`);
  return ['', 'Examples:', ...list].join('\n');
}
