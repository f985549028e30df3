import { execFileSync } from 'node:child_process';
import type { Block } from './markdown.js';

/** The way in which a block is tested. */
export type Treatment =
  /**
   * Run until it ends, which must be with success. With `goesOn`, it runs in the background until
   * the end of the page.
   */
  | { readonly type: 'run'; readonly goesOn: boolean }
  /**
   * Compared with the output so far. With `afterInterrupt`, Ctrl-C is first sent to the last
   * background job.
   */
  | { readonly type: 'output'; readonly afterInterrupt: boolean }
  /** Compiled together with the other blocks of the page. */
  | { readonly type: 'compile' }
  | { readonly type: 'parse' }
  /** Checked for errors of syntax and names at most. */
  | { readonly type: 'leave'; readonly why: string };

const LEFT = /^not run: (.+)$/;
const NEEDS = /^needs ([\w -]+)$/;
const WORDS = ['', 'goes on', 'Ctrl-C'];

/**
 * Chooses the test of a block by its language and the comment above it: `not run: why`, `goes on`,
 * `Ctrl-C`, or `needs` with commands that not every machine has. Throws an error if the choice is
 * not clear, so that no block is skipped by mistake.
 */
export function treatmentOf({ at, language, note }: Block): Treatment {
  const why = LEFT.exec(note)?.[1];
  if (why !== undefined) return { type: 'leave', why };
  if (!WORDS.includes(note) && !NEEDS.test(note)) {
    throw new Error(`${at}: nobody knows what "${note}" asks for`);
  }
  const missing = NEEDS.exec(note)?.[1]?.split(' ').filter(isMissing) ?? [];
  if (missing.length > 0) return { type: 'leave', why: `there is no ${missing.join()} here` };
  switch (language) {
    case 'sh':
    case 'js':
      return { type: 'run', goesOn: note === 'goes on' };
    case 'ts':
      return { type: 'compile' };
    case 'env':
    case 'json':
      return { type: 'parse' };
    case 'text':
      return { type: 'output', afterInterrupt: note === 'Ctrl-C' };
    default:
      throw new Error(
        `${at}: nobody knows how to test "${language}"; write <!-- not run: why --> above it`,
      );
  }
}

function isMissing(command: string): boolean {
  try {
    execFileSync('which', [command], { stdio: 'pipe' });
    return false;
  } catch {
    return true;
  }
}
