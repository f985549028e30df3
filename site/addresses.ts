import { posix } from 'node:path';

/**
 * Returns the path that a page of the repository has in the site. The folder docs/ is the root of
 * the site, and a README is the page of its folder.
 */
export function siteFileOf(page: string): string {
  if (page === 'README.md') return 'index.md';
  const path = page.replace(/^docs\//, '').replace(/\/README[.]md$/, '.md');
  return posix.join(posix.dirname(path), posix.basename(path).toLowerCase());
}

/** Returns the address of a page in the site. A file that is no page has a page with its source. */
export function addressOf(file: string): string {
  if (file === 'README.md') return '/';
  if (!file.endsWith('.md')) return `/source/${file}.html`;
  return `/${siteFileOf(file).replace(/[.]md$/, '.html')}`;
}

/** Returns the file of the repository that a link names, or undefined for any other link. */
export function targetOf(page: string, link: string): string | undefined {
  if (/^([a-z]+:|[#/])/.test(link)) return undefined;
  const [path = ''] = link.split('#');
  return posix.join(posix.dirname(page), path).replace(/[/]$/, '');
}

/** Returns a link of a page as the site needs it. */
export function siteLinkOf(page: string, link: string): string {
  const target = targetOf(page, link);
  if (target === undefined) return link;
  const [, anchor] = link.split('#');
  return anchor === undefined ? addressOf(target) : `${addressOf(target)}#${anchor}`;
}
