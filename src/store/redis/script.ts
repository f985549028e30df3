import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A Lua script, which Redis runs atomically. Its file documents arguments and results. */
export interface Script {
  readonly source: string;
  /** The SHA-1 digest by which Redis identifies the script after it was sent once. */
  readonly sha: string;
}

export const scripts = {
  commit: read('commit'),
  trim: read('trim'),
  history: read('history'),
  register: read('register'),
  fence: read('fence'),
  leave: read('leave'),
  inspect: read('inspect'),
  time: read('time'),
  acquireLease: read('acquire-lease'),
  renewLease: read('renew-lease'),
};

function read(name: string): Script {
  const source = readFileSync(new URL(`lua/${name}.lua`, import.meta.url), 'utf8');
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}
