import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { Registry } from 'prom-client';
import { Config } from '../config/config.js';
import { CannotListen } from '../transport/connections/cannot-listen.js';
import { MetricsRegistry } from './metrics-registry.js';

const REQUEST_TIMEOUT_MS = 10_000;
/** Scrapers are few. More connections are a mistake or an attack. */
const MAX_CONNECTIONS = 100;

/**
 * Serves the metrics on `METRICS_PORT`, and nothing else, so that a network policy can open this port to the scraper
 * alone. It stays open while the node drains, as the HTTP port does.
 */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Metrics');
  private readonly server = createServer(
    {
      headersTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: 1000,
    },
    (request, response) => void this.respond(request, response),
  );

  constructor(
    private readonly registry: MetricsRegistry,
    private readonly config: Config,
  ) {
    this.server.maxConnections = MAX_CONNECTIONS;
  }

  /** The port on which the server listens. */
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async onApplicationBootstrap(): Promise<void> {
    const { host, metricsPort } = this.config.http;
    this.server.listen(metricsPort, host);
    await once(this.server, 'listening').catch((error: unknown) => {
      throw new CannotListen(`HTTP_HOST and METRICS_PORT: ${host}:${metricsPort}`, error);
    });
    this.logger.log(`Metrics on port ${this.port}, path /metrics.`);
  }

  onApplicationShutdown(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async respond({ method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (url?.replace(/[?].*$/, '') !== '/metrics') {
      response.writeHead(404).end();
    } else if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
    } else {
      const text = await this.registry.read();
      response.writeHead(200, { 'content-type': Registry.PROMETHEUS_CONTENT_TYPE }).end(text);
    }
  }
}
