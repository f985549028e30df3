import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import {
  Build,
  type ServerProcess,
  type StartOptions,
} from '../../../test/support/built-server.js';
import { launchChromium } from '../../../test/support/chromium.js';
import { Board } from './board.js';
import { Visitors, type Visitor } from './visitors.js';

/** A server with the dashboard, and a browser, for the tests of a `describe`. */
export class Dashboard {
  build!: Build;
  server!: ServerProcess;
  private visitors!: Visitors;
  private browser!: Browser;

  get url(): string {
    return this.server.httpUrl;
  }

  /** Brings a user online until the end of the test. */
  come(...user: Parameters<Visitors['come']>): Promise<Visitor> {
    return this.visitors.come(...user);
  }

  /** Opens the dashboard in its own browser context, without a token. */
  visit(url = this.url, device?: BrowserContextOptions): Promise<Board> {
    return Board.visit(this.browser, url, device);
  }

  /** Opens the dashboard with the token of an admin, and waits until it is live. */
  open(device?: BrowserContextOptions): Promise<Board> {
    return this.openAt(this.url, device);
  }

  /** The same for the dashboard of another server. */
  openAt(url: string, device?: BrowserContextOptions): Promise<Board> {
    return Board.open(this.browser, url, device);
  }

  async start(
    settings: Readonly<Record<string, string>>,
    options: StartOptions | undefined,
  ): Promise<void> {
    this.build = await Build.make();
    this.browser = await launchChromium();
    this.server = await this.build.serve(settings, options);
    this.visitors = new Visitors(this.server);
  }

  /** Closes all pages, and disconnects the visitors. */
  async clear(): Promise<void> {
    await Promise.all(this.browser.contexts().map((context) => context.close()));
    await this.visitors.leave();
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.server.kill();
    await this.build.remove();
  }
}

/**
 * Starts a dashboard before the tests of the calling `describe`, and stops it after them. Pages and visitors last for one
 * test. The server keeps data of earlier users, for example mute states, so each test uses its own user names.
 */
export function startDashboard(
  settings: Readonly<Record<string, string>> = {},
  options?: StartOptions,
): Dashboard {
  const dashboard = new Dashboard();
  beforeAll(() => dashboard.start(settings, options));
  afterEach(() => dashboard.clear());
  afterAll(() => dashboard.stop());
  return dashboard;
}
