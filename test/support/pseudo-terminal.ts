import { execFileSync } from 'node:child_process';

/** Runs a command on a pseudo-terminal, which `script` of Debian's bsdutils creates. */
export function onTerminal(command: readonly string[]): readonly string[] {
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  return ['script', '-qefc', `stty rows 10 cols 100; exec ${quoted}`, '/dev/null'];
}

/** Returns the reason why this machine cannot create a terminal, or undefined if it can. */
export function whyNoTerminal(): string | undefined {
  try {
    execFileSync('script', ['-qefc', 'true', '/dev/null'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `\`script\` does not run here: ${String(error)}`;
  }
}
