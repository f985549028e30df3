import { execFileSync } from 'node:child_process';

/** Runs a command without a user, without capabilities and with a read-only file system. */
export const CONFINED = [
  ...['unshare', '--mount', 'sh', '-c'],
  `findmnt -rno TARGET | while read -r mount; do
     case $mount in /proc*|/sys*|/dev*) ;; *) mount -o remount,bind,ro "$mount" || exit 1 ;; esac
   done
   exec setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --no-new-privs "$@"`,
  'sh',
];

/** Returns the reason why this machine cannot run a confined process, or undefined if it can. */
export function whyNoConfinedProcess(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can give up its rights for a process';
  try {
    // An unprivileged user must be able to read the project. The command is cheap, because every
    // test run executes it.
    const [command, ...args] = [...CONFINED, 'test', '-r', 'package.json'];
    execFileSync(command, args, { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `a confined process cannot run here: ${String(error)}`;
  }
}
