import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { DevelopmentKey } from '../auth/development-key.js';
import { Config } from '../config/config.js';

/** The folder with the built dashboard. */
export const FOLDER = fileURLToPath(new URL('../dashboard', import.meta.url));

/** Whether the dashboard was built. */
export function isBuilt(): boolean {
  return existsSync(FOLDER);
}

/**
 * Logs the address of the dashboard with a token that opens it. It does so only if the server uses its own development
 * key, which no other process has.
 */
@Injectable()
export class DashboardLink implements OnModuleInit {
  private readonly logger = new Logger('Dashboard');

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly key: DevelopmentKey,
    private readonly config: Config,
  ) {}

  onModuleInit(): void {
    if (!this.config.http.api) return;
    if (isBuilt()) this.host.listen$.subscribe(() => void this.log());
    else this.logger.log('The dashboard is unavailable, because it was not built: npm run build.');
  }

  private async log(): Promise<void> {
    const token = await this.key.tokenFor('dashboard', { isAdmin: true });
    if (token === undefined) return;
    const server = this.host.httpAdapter.getHttpServer() as Server;
    // The part after # stays in the browser: no request and no proxy log contains it.
    this.logger.log(`The dashboard: ${urlOf(server.address() as AddressInfo)}/#token=${token}`);
  }
}

/** Returns a URL that opens on this machine. */
function urlOf({ address, port }: AddressInfo): string {
  const local = address === '0.0.0.0' ? '127.0.0.1' : address.replace(/^::$/, '::1');
  return `http://${isIPv6(local) ? `[${local}]` : local}:${port}`;
}
