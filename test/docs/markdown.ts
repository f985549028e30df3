import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** A fenced block of code. */
export interface Block {
  /** The file and the line of the fence, for messages. */
  readonly at: string;
  /** The info string of the fence: `sh`, `ts` and so on. Empty if there is none. */
  readonly language: string;
  readonly code: string;
  /**
   * The HTML comment above the fence, which readers of the page do not see. Empty if there is none.
   */
  readonly note: string;
}

/** Folders with files of packages, builds and caches. */
const FOREIGN = new Set([
  'node_modules',
  'dist',
  'build',
  'coverage',
  '__pycache__',
  '.mypy_cache',
  '.temp',
  '.git',
]);

/**
 * Returns every page of documentation, as paths in the project. Reads the folder, so that the tests
 * also work on a source archive without git.
 */
export function pages(): readonly string[] {
  return filesIn('').filter((file) => file.endsWith('.md'));
}

/** Returns the files below a folder, as sorted paths in the project. Foreign folders are left out. */
export function filesIn(folder: string): readonly string[] {
  return [...walk(folder)].sort();
}

/** Does not enter foreign folders: tests create and remove folders in some of them meanwhile. */
function* walk(folder: string): Generator<string> {
  for (const entry of readdirSync(`${PROJECT}${folder}`, { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (!entry.isDirectory()) yield path;
    else if (!FOREIGN.has(entry.name)) yield* walk(path);
  }
}

export function textOf(page: string): string {
  return readFileSync(`${PROJECT}${page}`, 'utf8');
}

export function blocksOf(page: string): readonly Block[] {
  const text = textOf(page);
  const fences = text.matchAll(/(?:^<!-- (.+) -->\n+)?^```(.*)\n([^]*?)^```$/gm);
  return [...fences].map((found) => {
    const [, note = '', language = '', code = ''] = found;
    const line = text.slice(0, text.indexOf('```', found.index)).split('\n').length;
    return { at: `${page}:${line}`, language, code, note };
  });
}

/** Returns the anchors of a page, as GitHub derives them from its headings. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutCode(textOf(page)).matchAll(/^#{1,6} (.+)$/gm)) {
    const anchor = slugOf(heading);
    let unique = anchor;
    for (let i = 1; anchors.has(unique); i++) unique = `${anchor}-${i}`;
    anchors.add(unique);
  }
  return anchors;
}

/** Returns the targets of the links and images of a page. */
export function linksOf(page: string): readonly string[] {
  const text = withoutCode(textOf(page)).replaceAll(/`[^`\n]*`/g, '');
  const inText = text.matchAll(/\]\(<?([^)>\s]+)>?(?: "[^"]*")?\)/g);
  const inTags = text.matchAll(/\b(?:href|src|srcset)="([^"]+)"/g);
  return [...inText, ...inTags].map(([, target = '']) => target);
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```[^]*?^```$/gm, '');
}

/** Returns the anchor of a heading, as GitHub derives it. The documentation site uses the same. */
export function slugOf(heading: string): string {
  const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
  return plain
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}
