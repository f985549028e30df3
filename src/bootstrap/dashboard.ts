import { existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Logger } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DevelopmentKey } from '../auth/development-key.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';

/** The folder that the build makes. */
const FOLDER = fileURLToPath(new URL('../dashboard', import.meta.url));

/** What the page may do: nothing but run its own script and style, and call the service it came from. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Names in this folder hold a digest of what is in the file, so that a file never changes. */
const HASHED = /[/\\]assets[/\\]/;

const logger = new Logger('Dashboard');

/**
 * Serves the files of the dashboard, which hold no data: all that it shows comes from calls that need a token. To be
 * attached before `app.init()`, or there is no path that is left for it.
 */
export function attachDashboard(app: NestExpressApplication): void {
  if (!app.get<Config>(CONFIG).http.dashboard) return;
  if (!isBuilt()) {
    logger.log('There is no dashboard, since it was not built: npm run build.');
    return;
  }
  app.useStaticAssets(FOLDER, { redirect: false, setHeaders: protect });
}

/** Says where the dashboard is, with a token that opens it: of a server whose key nobody but itself has. */
export async function announceDashboard(app: NestExpressApplication): Promise<void> {
  const { http } = app.get<Config>(CONFIG);
  if (!http.dashboard || !isBuilt()) return;
  const token = await app.get(DevelopmentKey).tokenFor('dashboard', { isAdmin: true });
  if (token === undefined) return;
  // What comes after # stays in the browser: it is in no request, and in no log of a proxy.
  logger.log(`The dashboard: ${await app.getUrl()}/#token=${token}`);
}

function isBuilt(): boolean {
  return existsSync(FOLDER);
}

function protect(response: ServerResponse, path: string): void {
  response.setHeader('content-security-policy', POLICY);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader(
    'cache-control',
    HASHED.test(path.slice(FOLDER.length)) ? 'public, max-age=31536000, immutable' : 'no-cache',
  );
}
