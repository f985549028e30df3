import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Build } from '../support/built-server.js';
import { EXECUTABLE, launchChromium } from '../support/chromium.js';
import { PATIENCE_MS } from '../support/eventually.js';
import { blocksOf, PROJECT, textOf } from './markdown.js';
import { Terminal } from './terminal.js';

const GUIDE = 'docs/guides/react.md';
const blocks = blocksOf(GUIDE);
const textsIn = (language: string): readonly string[] =>
  blocks.filter((block) => block.language === language).map(({ code }) => code);

/** Executes the guide literally, except that the stand-ins install what is built and installed here. */
describe('A reader of the guide for React', () => {
  let build: Build;
  let folder: string;
  let app: string;
  let terminal: Terminal;
  let browser: Browser;
  const complaints: string[] = [];
  beforeAll(async () => {
    build = await Build.make();
    folder = await mkdtemp(join(tmpdir(), 'presence-react-'));
    const clone = join(folder, 'presence-service');
    app = join(folder, 'presence-app');
    await mkdir(clone);
    for (const name of ['dist', 'node_modules', 'package.json'])
      await symlink(join(build.folder, name), join(clone, name));
    await symlink(join(build.folder, 'dist/client'), join(clone, 'client'));
    terminal = Terminal.start(clone, join(PROJECT, 'test/docs/stand-ins/quick-start'));
    // The browser has to be in the network of the terminal.
    const start = join(folder, 'chromium');
    const command = `exec nsenter --net --target ${terminal.pid} ${EXECUTABLE} "$@"`;
    await writeFile(start, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
    browser = await launchChromium(start);
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    expect(complaints.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await terminal?.close();
    await build?.remove();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  /** Opens the address that the guide prints for a user. */
  async function tabOf(userId: 'alice' | 'bob'): Promise<Page> {
    const addresses = terminal.output.match(/^http:\S+#eyJ\S+$/gm)!;
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(addresses[userId === 'alice' ? 0 : 1]!);
    return page;
  }

  const shows = (page: Page, text: string): Promise<void> => page.getByText(text).waitFor();
  const showsIn = (page: Page, colour: string, text: string): Promise<void> =>
    page.locator(`li[style*="${colour}"]`, { hasText: text }).waitFor();

  it('installs the app, and sees who is online', async () => {
    const [start, print, install, serve] = textsIn('sh');
    terminal.leave(start!);
    await terminal.says(['gRPC on ']);
    await terminal.run(print!);
    await terminal.run(install!);
    await writeFile(join(app, 'index.html'), textsIn('html')[0]!);
    await writeFile(join(app, 'vite.config.mjs'), textsIn('js')[0]!);
    await writeFile(join(app, 'main.tsx'), textsIn('tsx')[0]!);
    await terminal.run(`cd ${app}`);
    terminal.leave(serve!);
    await terminal.says(['http://localhost:5173/']);

    const alice = await tabOf('alice');
    await shows(alice, 'alice is online');
    await shows(alice, 'bob is offline');
    const bob = await tabOf('bob');
    await showsIn(alice, 'green', 'bob is online');
    await shows(bob, 'alice is online');
    await bob.close();
    await showsIn(alice, 'grey', 'bob is offline');
  });

  it('replaces the program, and sees who is typing', async () => {
    const alice = await tabOf('alice');
    await shows(alice, 'alice is online');
    await writeFile(join(app, 'main.tsx'), textsIn('tsx')[1]!);
    await shows(alice, 'In the lobby: alice');
    const bob = await tabOf('bob');
    await shows(alice, 'In the lobby: alice, bob');
    await bob.getByLabel('Message').fill('h');
    await shows(alice, 'bob is typing …');
    await bob.getByLabel('Message').blur();
    await alice.getByText('typing').waitFor({ state: 'detached' });
    terminal.interrupt();
    // The next test needs the same port.
    await terminal.run('wait $! || true');
  });

  it('opens the example, and sees a roster, typing, viewers and a stage', async () => {
    const command = 'npx vite examples/react-app';
    expect(textOf(GUIDE)).toContain(`\`${command}\``);
    await terminal.run(`cd ${PROJECT}`);
    terminal.leave(command);
    await terminal.says(['http://localhost:5173/']);
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
