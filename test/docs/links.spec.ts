import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, linksOf, pages, PROJECT } from './markdown.js';

describe('A link in the documentation', () => {
  it.each(pages())('leads somewhere in %s', (page) => {
    expect(linksOf(page).filter((link) => !leadsSomewhere(page, link))).toEqual([]);
  });

  it('is checked, and one without a target is reported', () => {
    expect(linksOf('README.md')).toContain('docs/security.md');
    expect(leadsSomewhere('README.md', 'docs/security.md#limits')).toBe(true);
    expect(leadsSomewhere('docs/cluster.md', '../compose.yaml')).toBe(true);
    expect(leadsSomewhere('README.md', 'docs/nowhere.md')).toBe(false);
    expect(leadsSomewhere('README.md', 'docs/security.md#nowhere')).toBe(false);
  });
});

/**
 * Whether a link names a file of the project and, if it has an anchor, a heading in that file.
 * External links are not checked.
 */
function leadsSomewhere(page: string, link: string): boolean {
  if (/^(https?|mailto):/.test(link)) return true;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(`${PROJECT}${target}`)) return false;
  return anchor === undefined || anchorsOf(target).has(anchor);
}
