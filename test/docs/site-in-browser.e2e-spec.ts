import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addressOf } from '../../site/addresses.js';
import { launchChromium } from '../support/chromium.js';
import { DocsSite } from '../support/docs-site.js';
import { PATIENCE_MS } from '../support/eventually.js';
import { blocksOf, pages, type Block } from './markdown.js';

const withDiagrams = pages().filter((file) => diagramsOf(file).length > 0);

describe('The documentation site', () => {
  let site: DocsSite;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  beforeAll(async () => {
    browser = await launchChromium();
    site = await DocsSite.start();
    page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (line) => {
      if (line.type() === 'error' || line.type() === 'warning') complaints.push(line.text());
    });
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(site.url) && !url.startsWith('data:')) complaints.push(url);
    });
  });
  afterEach(() => expect(complaints.splice(0)).toEqual([]));
  afterAll(async () => {
    await browser?.close();
    await site?.stop();
  });

  it('finds a word, and opens the place that has it', async () => {
    await page.goto(site.url);
    // Before Vue has taken over the page, the button does nothing.
    await page.waitForFunction(`document.querySelector('#app').__vue_app__ !== undefined`);
    await page.getByRole('button', { name: 'Search' }).first().click();
    await page.getByRole('searchbox').fill('resume token');
    const hit = page.getByRole('option').getByRole('link').first();
    await hit.waitFor();
    const address = await hit.getAttribute('href');
    await hit.click();
    await page.waitForURL((url) => `${url.pathname}${url.hash}` === address);
    await page
      .locator('main')
      .getByText(/resume.token/i)
      .first()
      .waitFor();
  });

  it.each(withDiagrams)('draws the diagrams of %s', async (file) => {
    await page.goto(`${site.url}${addressOf(file).slice(1)}`);
    const count = diagramsOf(file).length;
    await page
      .locator('.diagram svg')
      .nth(count - 1)
      .waitFor();
    expect(await page.locator('.diagram svg').count()).toBe(count);
  });

  it('shows a file of the repository to which a page links', async () => {
    await page.goto(site.url);
    await page.getByRole('link', { name: 'compose.yaml' }).click();
    await page.getByRole('heading', { name: 'compose.yaml' }).waitFor();
    await page.getByText('services:').first().waitFor();
  });
});

function diagramsOf(file: string): readonly Block[] {
  return blocksOf(file).filter(({ language }) => language === 'mermaid');
}
