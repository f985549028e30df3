import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { DocsSite } from '../support/docs-site.js';
import { PATIENCE_MS } from '../support/eventually.js';

describe('The documentation site', () => {
  let site: DocsSite;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  beforeAll(async () => {
    browser = await launchChromium();
    site = await DocsSite.start();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.stop();
  });
  beforeEach(async () => {
    complaints = [];
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
    await page.goto(site.url);
  });

  it('finds a word, and opens the place that has it', async () => {
    await page.getByRole('button', { name: 'Search' }).first().click();
    await page.getByRole('searchbox').fill('resume token');
    const hit = page.getByRole('option').getByRole('link').first();
    await hit.waitFor();
    const address = await hit.getAttribute('href');
    await hit.click();
    await page.waitForURL((url) => `${url.pathname}${url.hash}` === address);
    await page
      .getByText(/resume.token/i)
      .first()
      .waitFor();
    expect(complaints).toEqual([]);
  });

  it('draws the diagrams', async () => {
    await page.getByRole('link', { name: 'Architecture' }).first().click();
    await page.locator('.diagram svg').nth(2).waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows a file of the repository to which a page links', async () => {
    await page.getByRole('link', { name: 'compose.yaml' }).click();
    await page.getByRole('heading', { name: 'compose.yaml' }).waitFor();
    await page.getByText('services:').first().waitFor();
    expect(complaints).toEqual([]);
  });
});
