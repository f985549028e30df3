import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { eventually, PATIENCE_MS } from '../../../test/support/eventually.js';
import { tokenOf } from '../../../test/support/service.js';

const DESKTOP: BrowserContextOptions = { viewport: { width: 1440, height: 900 } };

/** The dashboard in a browser, as its users see it. */
export class Board {
  /** All addresses that the page has requested. */
  readonly requests: string[] = [];
  /** The paths of the requests that the server has rejected. */
  readonly refused: string[] = [];
  /** The problems on the console: script errors, and violations of the content security policy. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    readonly url: string,
  ) {
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('request', (request) => this.requests.push(request.url()));
    page.on('response', (response) => {
      if (response.status() >= 400) this.refused.push(new URL(response.url()).pathname);
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  /** Opens the dashboard in its own browser context, without a token. */
  static async visit(
    browser: Browser,
    url: string,
    device: BrowserContextOptions = DESKTOP,
  ): Promise<Board> {
    const context = await browser.newContext(device);
    const board = new Board(await context.newPage(), url);
    await board.page.goto(url);
    return board;
  }

  /** Opens the dashboard with the token of an admin, and waits until it is live. */
  static async open(
    browser: Browser,
    url: string,
    device: BrowserContextOptions = DESKTOP,
  ): Promise<Board> {
    const board = await Board.visit(browser, url, device);
    await board.enter(await tokenOf('root', { isAdmin: true }));
    return board;
  }

  /** Signs in, and waits until the board is live. */
  async enter(token: string): Promise<void> {
    await this.signIn(token);
    await this.says('Live');
  }

  async signIn(token: string): Promise<void> {
    await this.page.getByLabel('Token', { exact: true }).fill(token);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** Waits until the line about the connection contains this text. */
  async says(state: string): Promise<void> {
    await this.page.getByRole('status').filter({ hasText: state }).waitFor();
  }

  get grid(): Locator {
    return this.page.getByRole('grid');
  }

  /** Returns the row of a user. */
  row(userId: string): Locator {
    return this.grid.locator('.rows').getByRole('row').filter({ hasText: userId });
  }

  /** Waits until the table shows exactly these users, in this order. */
  async shows(userIds: readonly string[]): Promise<void> {
    const names = this.grid.locator('.who bdi:first-child');
    // The order of the rows in the document can differ from the order on the screen.
    const read = async (): Promise<string[]> => {
      const rows = await names.evaluateAll((found) =>
        found.map((name) => ({ name: name.textContent, top: name.getBoundingClientRect().top })),
      );
      return rows.sort((a, b) => a.top - b.top).map(({ name }) => name);
    };
    await eventually(read, [...userIds]);
  }

  /** Waits until the cells of a row contain these texts. */
  async rowSays(userId: string, cells: readonly string[]): Promise<void> {
    const read = (): Promise<string[]> => this.row(userId).getByRole('gridcell').allInnerTexts();
    await eventually(read, [...cells]);
  }

  /** Waits until the feed shows these events, newest first. */
  async feedSays(events: readonly string[]): Promise<void> {
    const lines = this.page.getByRole('list', { name: 'Events' }).locator('.cut');
    await eventually(() => lines.allInnerTexts(), [...events]);
  }

  /** Returns the panel about a user. */
  panel(userId: string): Locator {
    return this.page.getByRole('complementary', { name: `About ${userId}` });
  }

  /** Returns the line of a channel in the list of channels. */
  channel(channelId: string, { isOpen }: { readonly isOpen: boolean }): Locator {
    const list = this.page.getByRole('list', { name: 'Channels' });
    return list.getByRole('button', { name: channelId, expanded: isOpen });
  }

  /** Waits until the address has this link to the view. */
  async linksTo(link: string): Promise<void> {
    await eventually(() => new URL(this.page.url()).hash, `#${link}`);
  }

  /** Exports a list, and returns the lines of the file, without the mark at its beginning. */
  async exported(name: 'users' | 'channels' | 'events' | 'actions'): Promise<string[]> {
    const file = this.page.waitForEvent('download');
    await this.page.getByRole('button', { name: `Export the ${name} as CSV` }).click();
    const download = await file;
    expect(download.suggestedFilename()).toBe(`presence-${name}.csv`);
    const text = await readFile(await download.path(), 'utf8');
    return text
      .replace(/^\u{feff}/u, '')
      .trimEnd()
      .split('\r\n');
  }

  async tab(name: 'Channels' | 'Events' | 'Audit'): Promise<void> {
    await this.page.getByRole('tab', { name }).click();
  }

  /** Presses these keys one after the other. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async expectFocus(locator: Locator): Promise<void> {
    await eventually(() => locator.evaluate((element) => element === document.activeElement), true);
  }

  /** `expected`: the complaints that may be on the console. */
  expectNoComplaints(expected?: RegExp): void {
    expect(this.complaints.filter((complaint) => !expected?.test(complaint))).toEqual([]);
  }
}
