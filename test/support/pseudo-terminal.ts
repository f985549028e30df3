import { execFileSync } from 'node:child_process';

/** Runs a command on a terminal of its own, which `script` of Debian's bsdutils makes. */
export function onTerminal(command: readonly string[]): readonly string[] {
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  return ['script', '-qefc', `stty rows 10 cols 100; exec ${quoted}`, '/dev/null'];
}

/** Why this machine cannot make a terminal. Undefined: it can. */
export function whyNoTerminal(): string | undefined {
  try {
    execFileSync('script', ['-qefc', 'true', '/dev/null'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `\`script\` does not run here: ${String(error)}`;
  }
}
