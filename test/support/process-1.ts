import { execFileSync } from 'node:child_process';

/** Runs a command as process 1 of a container runs: the kernel drops each signal that it does not handle. */
export const AS_PROCESS_1 = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** Why this machine cannot run a process as process 1. Undefined: it can. */
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
