import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { eventually } from '../support/eventually.js';
import { Service, tokenOf } from '../support/service.js';
import { PROJECT } from './markdown.js';

const IDLE_TIMEOUT_MS = 20_000;

describe('The page of the examples, open in two tabs', () => {
  let service: Service;
  let site: ViteDevServer;
  let cacheDir: string;
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
    service = await Service.start({
      IDLE_TIMEOUT_MS: `${IDLE_TIMEOUT_MS}`,
      // Longer than the time by which the test advances the clock in one step.
      HEARTBEAT_TIMEOUT_MS: `${10 * IDLE_TIMEOUT_MS}`,
    });
    cacheDir = await mkdtemp(join(tmpdir(), 'presence-page-'));
    // The same as `npx vite examples/browser`, except for the address of the service.
    site = await createServer({
      root: join(PROJECT, 'examples/browser'),
      cacheDir,
      logLevel: 'silent',
      server: { port: 0, proxy: { '/presence.v1.': service.httpUrl } },
    });
    await site.listen();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await service?.stop();
    if (cacheDir !== undefined) await rm(cacheDir, { recursive: true });
  });

  async function tabOf(userId: string): Promise<Page> {
    const page = await browser.newPage();
    await page.goto(`${site.resolvedUrls!.local[0]}#${await tokenOf(userId)}`);
    await eventually(() => page.locator('#me').textContent(), 'online');
    return page;
  }

  it('shows Alice that Bob connects, joins, mutes, becomes IDLE, becomes ONLINE and disconnects', async () => {
    const alice = await tabOf('alice');
    const newsOfBob = async (): Promise<readonly string[]> => {
      const news = await alice.locator('#news li').allTextContents();
      return news.filter((line) => line.startsWith('bob'));
    };
    const told: string[] = [];
    const expectNews = (line: string): Promise<void> => {
      told.push(line);
      return eventually(newsOfBob, told);
    };

    const bob = await tabOf('bob');
    await expectNews('bob came online');
    // Without the pointer, because its moves count as activity.
    await bob.locator('#join').dispatchEvent('click');
    await expectNews('bob is in lobby');
    await bob.locator('#mute').dispatchEvent('click');
    await expectNews('bob has muted the microphone');
    expect(await alice.locator('#people li').allTextContents()).toContain(
      'bob: online, in lobby, muted',
    );
    await service.passTime(IDLE_TIMEOUT_MS);
    await expectNews('bob is idle (idle)');
    await bob.mouse.move(50, 50);
    await expectNews('bob is online (active)');
    await bob.close();
    await expectNews('bob went offline (disconnected)');
    await alice.close();
  });
});
