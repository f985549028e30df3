import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { PATIENCE_MS } from '../support/eventually.js';
import { Service, tokenOf } from '../support/service.js';
import { blocksOf, PROJECT } from './markdown.js';

const APP = join(PROJECT, 'examples/react-app');
const blocks = blocksOf('docs/guides/react.md');
const programs = blocks.filter(({ language }) => language === 'tsx').map(({ code }) => code);

describe('In React,', () => {
  let service: Service;
  let browser: Browser;
  let folder: string;
  let site: ViteDevServer | undefined;
  const complaints: string[] = [];
  beforeAll(async () => {
    browser = await launchChromium();
    service = await Service.start();
    // Below the packages that the page imports.
    await mkdir(join(PROJECT, 'build'), { recursive: true });
    folder = await mkdtemp(join(PROJECT, 'build/react-guide-'));
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await site?.close();
    site = undefined;
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  /** Serves a folder as `npx vite` does, with the packages of this repository and the address of the service. */
  async function serve(root: string): Promise<void> {
    const { default: config } = (await import(join(APP, 'vite.config.mjs'))) as {
      default: { resolve: object; server: object };
    };
    site = await createServer({
      root,
      configFile: false,
      cacheDir: join(folder, 'cache'),
      logLevel: 'silent',
      resolve: config.resolve,
      server: { ...config.server, port: 0, proxy: { '/presence.v1.': service.httpUrl } },
    });
    await site.listen();
  }

  /** Serves the page of the guide with this program. */
  async function write(program: string): Promise<void> {
    const html = blocks.find(({ language }) => language === 'html')!.code;
    await writeFile(join(folder, 'index.html'), html);
    await writeFile(join(folder, 'main.tsx'), program);
    await copyFile(join(APP, 'tsconfig.json'), join(folder, 'tsconfig.json'));
    await serve(folder);
  }

  async function tabOf(userId: string): Promise<Page> {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${site!.resolvedUrls!.local[0]}#${await tokenOf(userId)}`);
    return page;
  }

  const shows = (page: Page, text: string): Promise<void> => page.getByText(text).waitFor();

  it('the first page of the guide shows who is online', async () => {
    await write(programs[0]!);
    const alice = await tabOf('alice');
    await shows(alice, 'alice is online');
    await shows(alice, 'bob is offline');
    const bob = await tabOf('bob');
    await shows(alice, 'bob is online');
    await shows(bob, 'alice is online');
    await bob.close();
    await shows(alice, 'bob is offline');
  });

  it('the second page of the guide shows who is typing', async () => {
    await write(programs[1]!);
    const [alice, bob] = [await tabOf('alice'), await tabOf('bob')];
    await shows(alice, 'In the lobby: alice, bob');
    await bob.getByLabel('Message').fill('h');
    await shows(alice, 'bob is typing …');
    await bob.getByLabel('Message').blur();
    await alice.getByText('typing').waitFor({ state: 'detached' });
  });

  it('the example shows a roster, typing, viewers and a stage', async () => {
    await serve(APP);
    const [alice, bob] = [await tabOf('alice'), await tabOf('bob')];
    const press = (page: Page, name: string) =>
      page.getByRole('button', { name, exact: true }).click();
    const bobsDot = (status: string) =>
      alice.locator('#roster li', { hasText: 'bob' }).locator(`.dot.${status}`).waitFor();
    await bobsDot('online');
    await alice.locator('#roster li', { hasText: 'carol' }).locator('.dot.offline').waitFor();
    await press(bob, 'I am away');
    await bobsDot('away');
    await press(bob, 'I am back');
    await bobsDot('online');

    await alice.locator('#members', { hasText: 'alice, bob' }).waitFor();
    await bob.getByLabel('Message').fill('hello');
    await alice.locator('#typing', { hasText: 'bob typing …' }).waitFor();
    await press(bob, 'Send');
    await alice.locator('#typing', { hasNotText: 'bob' }).waitFor({ state: 'attached' });

    await press(alice, 'Document');
    await press(bob, 'Document');
    await alice.locator('#viewers', { hasText: 'alice, bob' }).waitFor();
    await press(bob, 'Stage');
    await alice.locator('#viewers', { hasText: /^alice$/ }).waitFor();

    await press(alice, 'Stage');
    await press(bob, 'Join the stage');
    await alice.locator('#speakers', { hasText: 'bob' }).waitFor();
    await press(bob, 'Mute');
    await alice.locator('#speakers', { hasText: 'bob (muted)' }).waitFor();
    await press(bob, 'Leave the stage');
    await alice.locator('#speakers li').waitFor({ state: 'detached' });
  });
});
