import { readFileSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { filesIn, linksOf, pages, PROJECT } from '../test/docs/markdown.js';
import { addressOf, targetOf } from './addresses.js';
import { CONTENTS } from './contents.js';

/** A page that shows a file of the repository, or lists a folder. */
export interface SourcePage {
  readonly params: { readonly path: string };
  /** Markdown. */
  readonly content: string;
}

/**
 * Returns a page for each file and folder that is not Markdown and that a page or the sidebar
 * names, and for the files in these folders. The site has no other place to which such a link could
 * lead, because it must work in a closed network.
 */
export function sourcePages(): readonly SourcePage[] {
  const linked = pages().flatMap((page) =>
    linksOf(page).flatMap((link) => targetOf(page, link) ?? []),
  );
  const listed = CONTENTS.flatMap(({ entries }) => entries.map(({ file }) => file));
  const paths = [...linked, ...listed].filter(needsPage);
  return [...new Set(paths.flatMap(withContent))].map((path) => ({
    params: { path },
    content: isFolder(path) ? listing(path) : source(path),
  }));
}

function withContent(path: string): readonly string[] {
  return isFolder(path) ? [path, ...filesIn(path).filter(needsPage)] : [path];
}

function listing(folder: string): string {
  const files = filesIn(folder).filter(isText);
  const lines = files.map((file) => `- [${file}](${addressOf(file)})`);
  return `# ${folder}\n\n${lines.join('\n')}\n`;
}

/** The fence is longer than any that a file contains. */
function source(file: string): string {
  const text = readFileSync(`${PROJECT}${file}`, 'utf8');
  return `# ${file}\n\n~~~~~~~~${extname(file).slice(1)}\n${text}\n~~~~~~~~\n`;
}

/** Whether a path is neither Markdown, which is a page anyway, nor binary. */
function needsPage(path: string): boolean {
  return isText(path) && !path.endsWith('.md');
}

function isText(path: string): boolean {
  return !/[.](png|svg|binpb)$/.test(path);
}

function isFolder(path: string): boolean {
  return statSync(`${PROJECT}${path}`).isDirectory();
}
