import { existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Logger } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DevelopmentKey } from '../auth/development-key.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';

/** The folder with the built dashboard. */
const FOLDER = fileURLToPath(new URL('../dashboard', import.meta.url));

/** The content security policy of the page: it may only run its own script and style, and call its own service. */
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

/** File names in this folder contain a hash of the content, so a file never changes. */
const HASHED = /[/\\]assets[/\\]/;

const logger = new Logger('Dashboard');

/**
 * Serves the static files of the dashboard. They hold no data: the dashboard reads all data with calls that need a
 * token. Must be attached before `app.init()`, because other routes would otherwise handle its paths.
 */
export function attachDashboard(app: NestExpressApplication): void {
  if (!app.get<Config>(CONFIG).http.dashboard) return;
  if (!isBuilt()) {
    logger.log('There is no dashboard, since it was not built: npm run build.');
    return;
  }
  app.useStaticAssets(FOLDER, { redirect: false, setHeaders: protect });
}

/**
 * Logs the address of the dashboard with a token that opens it. It does so only if the server uses its own development
 * key, which no other process has.
 */
export async function announceDashboard(app: NestExpressApplication): Promise<void> {
  const { http } = app.get<Config>(CONFIG);
  if (!http.dashboard || !isBuilt()) return;
  const token = await app.get(DevelopmentKey).tokenFor('dashboard', { isAdmin: true });
  if (token === undefined) return;
  // The part after # stays in the browser: no request and no proxy log contains it.
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
