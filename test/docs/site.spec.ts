import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { siteFileOf, siteLinkOf } from '../../site/addresses.js';
import { brokenLinks } from '../../site/check-links.js';
import { CONTENTS } from '../../site/contents.js';
import { sourcePages } from '../../site/source-pages.js';
import { pages, PROJECT } from './markdown.js';

const listed = CONTENTS.flatMap(({ entries }) => entries.map(({ file }) => file));

describe('The sidebar of the documentation site', () => {
  it('has every file of docs/ once, or site/contents.ts lacks a line', async () => {
    const entries = await readdir(join(PROJECT, 'docs'), { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(PROJECT.length))
      .filter((file) => !file.startsWith('docs/images/'));
    expect(listed.filter((file) => file.startsWith('docs/')).sort()).toEqual(files.sort());
  });

  it('has the pages of the packages and of the project', () => {
    const others = listed.filter((file) => !file.startsWith('docs/'));
    expect(pages()).toEqual(expect.arrayContaining(others));
    expect(others).toEqual(expect.arrayContaining(['README.md', 'client/README.md']));
  });
});

describe('A page of the repository', () => {
  it('has an address of its own in the site', () => {
    const files = pages().map(siteFileOf);
    expect(new Set(files).size).toBe(files.length);
  });

  it.each([
    ['docs/concepts.md', 'security.md#tokens', '/security.html#tokens'],
    ['docs/guides/react.md', '../../client/README.md#react', '/client.html#react'],
    ['docs/concepts.md', '../README.md#start', '/#start'],
    ['README.md', 'CONTRIBUTING.md', '/contributing.html'],
    ['examples/README.md', 'go/README.md', '/examples/go.html'],
    ['docs/cluster.md', '../compose.yaml', '/source/compose.yaml.html'],
    ['README.md', 'proto/presence/v1/', '/source/proto/presence/v1.html'],
    ['docs/api.md', '#messages', '#messages'],
    ['docs/api.md', 'https://grpc.io/', 'https://grpc.io/'],
  ])('%s links to %s at %s', (page, link, address) => {
    expect(siteLinkOf(page, link)).toBe(address);
  });
});

describe('A file that is no page', () => {
  const contentOf = (path: string): string | undefined =>
    sourcePages().find(({ params }) => params.path === path)?.content;

  it('has a page with its source if a page links to it', () => {
    expect(contentOf('compose.yaml')).toContain('image: ');
    expect(contentOf('docs/openapi.yaml')).toContain('openapi: 3.1');
    expect(contentOf('.gitattributes')).toBeUndefined();
  });

  it('has one if a page links to its folder, which lists it', () => {
    const file = 'proto/presence/v1/presence.proto';
    expect(contentOf('proto/presence/v1')).toContain(`[${file}](/source/${file}.html)`);
    expect(contentOf(file)).toContain('package presence.v1;');
  });
});

describe('The link check of the built site', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'site-'));
    await mkdir(join(folder, 'guides'));
    await writeFile(join(folder, 'style.css'), '');
    await writeFile(join(folder, 'index.html'), '<h1 id="start">Start</h1>');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const brokenIn = async (html: string, base = '/'): Promise<readonly string[]> => {
    await writeFile(join(folder, 'guides/react.html'), html);
    return brokenLinks(folder, base);
  };

  it('accepts pages, files, anchors and links to other hosts', async () => {
    expect(
      await brokenIn(
        '<link rel="stylesheet" href="/style.css"><a class="link" href="/">a</a><a href="../index.html#start">b</a>' +
          '<a href="#b&amp;c">c</a><p id="b&amp;c"></p><a href="https://grpc.io/">d</a>',
      ),
    ).toEqual([]);
    expect(await brokenIn('<a href="/presence/#start">a</a>', '/presence/')).toEqual([]);
  });

  it.each([
    ['a page', '<a href="/guides/vue.html">a</a>', '/guides/vue.html'],
    ['an anchor', '<a href="/#end">a</a>', '/#end'],
    ['an anchor of the same page', '<a class="x" href="#end">a</a>', '#end'],
    ['an image', '<img alt="" src="/icon.svg">', '/icon.svg'],
  ])('finds a link to %s that does not exist', async (_, html, link) => {
    expect(await brokenIn(html)).toEqual([`guides/react.html: ${link}`]);
  });

  it('finds what another host serves, and what lies outside of the site', async () => {
    const font = 'https://fonts.example/inter.css';
    expect(await brokenIn(`<link rel="stylesheet" href="${font}">`)).toEqual([
      `guides/react.html: ${font}`,
    ]);
    expect(await brokenIn('<a href="/#start">a</a>', '/presence/')).toEqual([
      'guides/react.html: /#start',
    ]);
  });
});
