import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { tokenOf } from '../../../test/support/service.js';

/** What a browser may take for anything, on a machine that has other things to do. */
const PATIENCE_MS = 10_000;

const DESKTOP: BrowserContextOptions = { viewport: { width: 1440, height: 900 } };

/** The dashboard in a browser, as those see it who use it. */
export class Board {
  /** Every address that the page has asked for. */
  readonly requests: string[] = [];
  /** What the console was told is wrong: errors of the script, and what its policy forbids. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    readonly url: string,
  ) {
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('request', (request) => this.requests.push(request.url()));
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  /** Opens it in a browser context of its own, without a token. */
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

  /** Opens it with the token of an admin, and waits until it shows how things are. */
  static async open(
    browser: Browser,
    url: string,
    device: BrowserContextOptions = DESKTOP,
  ): Promise<Board> {
    const board = await Board.visit(browser, url, device);
    await board.signIn(await tokenOf('root', { isAdmin: true }));
    await board.says('Live');
    return board;
  }

  async signIn(token: string): Promise<void> {
    await this.page.getByLabel('Admin token').fill(token);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** Waits until this is in the line about the connection. */
  async says(state: string): Promise<void> {
    await this.page.getByRole('status').filter({ hasText: state }).waitFor();
  }

  get grid(): Locator {
    return this.page.getByRole('grid');
  }

  /** The row of a user. */
  row(userId: string): Locator {
    return this.grid.locator('.rows').getByRole('row').filter({ hasText: userId });
  }

  /** Waits until the users in the table are these, in this order. */
  async shows(userIds: readonly string[]): Promise<void> {
    const names = this.grid.locator('.who bdi:first-child');
    // In the document a row may stand elsewhere than on the screen.
    const read = async (): Promise<string[]> => {
      const rows = await names.evaluateAll((found) =>
        found.map((name) => ({ name: name.textContent, top: name.getBoundingClientRect().top })),
      );
      return rows.sort((a, b) => a.top - b.top).map(({ name }) => name);
    };
    await eventually(read, [...userIds]);
  }

  /** Waits until each cell of a row is this. */
  async rowSays(userId: string, cells: readonly string[]): Promise<void> {
    const read = (): Promise<string[]> => this.row(userId).getByRole('gridcell').allInnerTexts();
    await eventually(read, [...cells]);
  }

  /** Waits until the events are these, the newest first. */
  async feedSays(events: readonly string[]): Promise<void> {
    const lines = this.page.getByRole('list', { name: 'Events' }).locator('.cut');
    await eventually(() => lines.allInnerTexts(), [...events]);
  }

  /** The panel about a user. */
  panel(userId: string): Locator {
    return this.page.getByRole('complementary', { name: `About ${userId}` });
  }

  async tab(name: 'Channels' | 'Events'): Promise<void> {
    await this.page.getByRole('tab', { name }).click();
  }

  /** Has the keyboard pressed, one key after the other. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async expectFocus(locator: Locator): Promise<void> {
    await eventually(() => locator.evaluate((element) => element === document.activeElement), true);
  }

  expectNoComplaints(): void {
    expect(this.complaints).toEqual([]);
  }
}
