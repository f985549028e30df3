import { execFileSync } from 'node:child_process';

/** Runs a command without user, capabilities, or a file system that it can write to. */
export const CONFINED = [
  ...['unshare', '--mount', 'sh', '-c'],
  `findmnt -rno TARGET | while read -r mount; do
     case $mount in /proc*|/sys*|/dev*) ;; *) mount -o remount,bind,ro "$mount" || exit 1 ;; esac
   done
   exec setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --no-new-privs "$@"`,
  'sh',
];

/** Why this machine cannot run a confined process. Undefined: it can. */
export function whyNoConfinedProcess(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can give up its rights for a process';
  try {
    // An unprivileged user must be able to read the project. Cheap, since every run of the tests asks.
    const [command, ...args] = [...CONFINED, 'test', '-r', 'package.json'];
    execFileSync(command, args, { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `a confined process cannot run here: ${String(error)}`;
  }
}
