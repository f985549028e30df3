import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { slugOf } from '../../test/docs/markdown.js';
import { addressOf, siteFileOf, siteLinkOf } from '../addresses.js';
import { brokenLinks } from '../check-links.js';
import { CONTENTS } from '../contents.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
const icon = encodeURIComponent(readFileSync(`${project}dashboard/icon.svg`, 'utf8'));

/** The highlighting for languages and file extensions that the highlighter does not know. */
const LANGUAGES = {
  conf: 'nginx',
  env: 'dotenv',
  example: 'dotenv',
  mjs: 'js',
  tpl: 'yaml',
};

const sidebar = CONTENTS.map(({ text, entries }) => ({
  text,
  items: entries.map((entry) => ({ text: entry.text, link: addressOf(entry.file) })),
}));

/** @type {import('vitepress').UserConfig} */
export default {
  title: 'Presence service',
  description: 'Who is online, active and in which channel.',
  lang: 'en',
  head: [['link', { rel: 'icon', href: `data:image/svg+xml,${icon}` }]],
  srcDir: project,
  srcExclude: ['**/build/**', '**/coverage/**'],
  rewrites: (page) => (page.startsWith('site/') ? page.slice('site/'.length) : siteFileOf(page)),
  outDir: fileURLToPath(new URL('../dist', import.meta.url)),
  cacheDir: fileURLToPath(new URL('../node_modules/.cache', import.meta.url)),
  ignoreDeadLinks: 'localhostLinks',
  markdown: {
    anchor: { slugify: slugOf },
    languageAlias: LANGUAGES,
    config: useRepositoryLinks,
  },
  themeConfig: {
    nav: sidebar.map(({ text, items }) => ({ text, link: items[0].link })),
    sidebar,
    outline: [2, 3],
    search: { provider: 'local' },
  },
  vite: {
    build: { chunkSizeWarningLimit: 1000 },
    // Otherwise Vite looks for programs in all pages of the repository.
    optimizeDeps: { entries: 'site/.vitepress/theme/index.mjs' },
  },
  buildEnd({ outDir, site }) {
    const broken = brokenLinks(outDir, site.base);
    if (broken.length > 0) throw new Error(`Links that lead nowhere:\n${broken.join('\n')}`);
  },
};

/** Rewrites the links of each page, which are paths in the repository, and shows diagrams. */
function useRepositoryLinks(md) {
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    const page = relative(project, env.realPath ?? env.path);
    for (const token of tokens.flatMap((each) => [each, ...(each.children ?? [])])) {
      if (token.type === 'link_open') {
        token.attrSet('href', siteLinkOf(page, token.attrGet('href')));
      } else if (token.type.startsWith('html_')) {
        // Vite finds an image by a path that begins with a dot.
        token.content = token.content
          .replaceAll(/\bhref="([^"]+)"/g, (_, link) => `href="${siteLinkOf(page, link)}"`)
          .replaceAll(/\b(src|srcset)="(?![a-z]+:|[./])/g, '$1="./');
      }
    }
  });

  const { fence } = md.renderer.rules;
  md.renderer.rules.fence = (tokens, i, ...others) =>
    tokens[i].info.trim() === 'mermaid'
      ? `<Diagram code="${encodeURIComponent(tokens[i].content)}" />`
      : fence(tokens, i, ...others);
}
