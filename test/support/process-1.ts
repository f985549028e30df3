import { execFileSync } from 'node:child_process';

/**
 * Runs a command as process 1 of a container: the kernel drops each signal that the process does
 * not handle.
 */
export const AS_PROCESS_1 = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];

/**
 * Returns the reason why this machine cannot run a command as process 1, or undefined if it can.
 */
export function whyNoProcess1(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can make a namespace of processes';
  try {
    const [command, ...args] = [...AS_PROCESS_1, 'true'];
    execFileSync(command, args, { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `a namespace of processes cannot be made here: ${String(error)}`;
  }
}
