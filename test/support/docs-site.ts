import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { preview } from 'vite';

const FOLDER = fileURLToPath(new URL('../../site/', import.meta.url));

/** The documentation as `npm run docs:build` last built it, on any static web server. */
export class DocsSite {
  private constructor(
    readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(): Promise<DocsSite> {
    const server = await preview({
      root: FOLDER,
      configFile: false,
      logLevel: 'silent',
      preview: { host: '127.0.0.1', port: 0 },
    });
    return new DocsSite(server.resolvedUrls!.local[0]!, () => server.close());
  }
}

/** Why the site cannot be tested here, if that is so. */
export function whyNoDocsSite(): string | undefined {
  return existsSync(`${FOLDER}dist/index.html`) ? undefined : 'it is not built';
}
