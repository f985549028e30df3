import { execFileSync } from 'node:child_process';
import type { Block } from './markdown.js';

/** What is done with a block to know that it is right. */
export type Treatment =
  /** Run until it ends, which it has to with success. `goesOn`: until the page is through. */
  | { readonly type: 'run'; readonly goesOn: boolean }
  /** What has been run so far has said it, once the last that goes on was stopped with Ctrl-C if `afterInterrupt`. */
  | { readonly type: 'output'; readonly afterInterrupt: boolean }
  /** Compiled together with the others of the page. */
  | { readonly type: 'compile' }
  | { readonly type: 'parse' }
  /** Looked at for mistakes of syntax and names, at the most. */
  | { readonly type: 'leave'; readonly why: string };

const LEFT = /^not run: (.+)$/;
const NEEDS = /^needs ([\w -]+)$/;
const WORDS = ['', 'goes on', 'Ctrl-C'];

/**
 * What the language of a block and the comment above it ask for: `not run: why`, `goes on`, `Ctrl-C`, or `needs` and
 * commands that not every machine has. Throws where that is not clear: nothing is left out by mistake.
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
