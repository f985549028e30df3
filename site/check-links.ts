import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Any address inside the site, to resolve relative links. */
const SITE = 'http://site.invalid';

/**
 * Returns a message for each link of the built site that leads to a page, file or anchor that does
 * not exist, and for each script, style or image that another host serves.
 */
export function brokenLinks(folder: string, base: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const idsOf = new Map<string, ReadonlySet<string>>();
  const pages = files.filter((file) => file.endsWith('.html'));
  const texts = pages.map((page) => [page, readFileSync(join(folder, page), 'utf8')] as const);
  for (const file of files) idsOf.set(file, new Set());
  for (const [page, text] of texts) idsOf.set(page, new Set(valuesOf(text, / id="([^"]*)"/g)));

  const leadsSomewhere = (url: URL): boolean => {
    if (!url.pathname.startsWith(base)) return false;
    const path = decodeURIComponent(url.pathname.slice(base.length));
    const ids = idsOf.get(path === '' || path.endsWith('/') ? `${path}index.html` : path);
    return ids !== undefined && (url.hash === '' || ids.has(decodeURIComponent(url.hash.slice(1))));
  };
  return texts.flatMap(([page, text]) => {
    const at = new URL(`${base}${page}`, SITE);
    const loaded = valuesOf(text, /<(?:link|script|img|source)\b[^>]*? (?:href|src)="([^"]*)"/g);
    const linked = valuesOf(text, /<a\b[^>]*? href="([^"]*)"/g);
    const isWrong = (link: string, mayLeave: boolean): boolean => {
      const url = new URL(link, at);
      return url.origin === SITE ? !leadsSomewhere(url) : !mayLeave && url.protocol !== 'data:';
    };
    return [
      ...linked.filter((link) => isWrong(link, true)),
      ...loaded.filter((link) => isWrong(link, false)),
    ].map((link) => `${page}: ${link}`);
  });
}

function valuesOf(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, value = '']) => value.replaceAll('&amp;', '&'));
}
