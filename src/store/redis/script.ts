import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A script of Lua, which Redis runs without anything coming in between. Its file says what it takes and returns. */
export interface Script {
  readonly source: string;
  /** By which Redis knows it, once it has been sent. */
  readonly sha: string;
}

export const scripts = {
  commit: read('commit'),
  register: read('register'),
  fence: read('fence'),
  leave: read('leave'),
  inspect: read('inspect'),
  time: read('time'),
};

function read(name: string): Script {
  const source = readFileSync(new URL(`lua/${name}.lua`, import.meta.url), 'utf8');
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}
