import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser as Chromium, Page } from 'playwright-core';
import { build, type Rolldown } from 'vite';
import { launchChromium } from './chromium.js';

/** The HTML of every page. It imports both modules. */
const PAGE = `<!doctype html><script type="module">
  import * as docs from '/docs.js';
  import * as library from '/connect-web.js';
  Object.assign(globalThis, { docs, library });
</script>`;

/**
 * A real browser, and a site whose pages load the module of docs/browser.md and the Connect
 * library.
 */
export class Browser {
  private constructor(
    private readonly chromium: Chromium,
    private readonly site: Server,
  ) {}

  static async start(): Promise<Browser> {
    const modules = { '/docs.js': documented(), '/connect-web.js': await bundled() };
    const site = createServer((request, response) => {
      const script = modules[request.url as keyof typeof modules] as string | undefined;
      response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript');
      response.end(script ?? PAGE);
    });
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    return new Browser(await launchChromium(), site);
  }

  /** The origin of the pages. */
  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Another origin that serves the same pages. */
  get foreignOrigin(): string {
    return `http://localhost:${this.port}`;
  }

  /** Opens a page that calls `server`. */
  async open(server: string, origin = this.origin): Promise<Page> {
    const page = await this.chromium.newPage();
    await page.goto(`${origin}/?server=${server}`);
    await page.waitForFunction('globalThis.library');
    return page;
  }

  async close(): Promise<void> {
    await this.chromium.close();
    this.site.close();
  }

  private get port(): number {
    return (this.site.address() as AddressInfo).port;
  }
}

/** The module of the documentation. It calls the server that the URL of the page names. */
function documented(): string {
  const [, code] = /```js\n(const SERVER[^]*?)```/.exec(readFileSync('docs/browser.md', 'utf8'))!;
  const server = "new URLSearchParams(location.search).get('server')";
  return code!.replace("'http://localhost:3000'", server);
}

/** The code that uses the Connect library, bundled into one file. */
async function bundled(): Promise<string> {
  const [result] = (await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, lib: { entry: 'test/browser/connect-web.ts', formats: ['es'] } },
  })) as Rolldown.RolldownOutput[];
  return result!.output[0].code;
}
