import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Config } from '../../config/config.js';
import { ConnectionLimiter } from '../connections/connection-limiter.js';
import { admit } from '../connections/admit.js';
import { DisconnectLog } from '../connections/disconnect-log.js';
import { IdleConnections } from './idle-connections.js';

/** The time in which a request must arrive. Requests of browsers are small, and monitoring systems are nearby. */
const REQUEST_TIMEOUT_MS = 10_000;
/**
 * The time for which a connection without a request stays open. It is longer than the timeout of proxies (nginx and AWS
 * 60 s, others up to 75 s), so that the proxy closes first. Otherwise the proxy could send a request into a connection
 * that the server is just closing.
 */
const IDLE_TIMEOUT_MS = 76_000;

/** The connection limit if the HTTP port serves only health and metrics. */
const MAX_CONNECTIONS_WITHOUT_API = 1_000;

const SENTENCES = {
  max_connections: 'the maximum number of HTTP connections is open',
  max_connections_per_address: 'it has MAX_CONNECTIONS_PER_ADDRESS_PER_NODE HTTP connections',
} as const;

/**
 * The interval in which Node checks the request timeouts, 30 seconds by default. It can be changed until the server
 * listens, but the types of Node do not have it.
 */
interface Timed {
  connectionsCheckingInterval: number;
}

/**
 * Limits the HTTP server: the time in which a request must arrive, the number of connections, and which connections
 * `close` waits for. With the HTTP API, the limits of gRPC connections apply, counted separately.
 */
@Injectable()
export class HttpLimits implements OnModuleInit {
  private readonly disconnects = new DisconnectLog('HttpLimits', SENTENCES);
  private readonly admission: ConnectionLimiter;

  constructor(
    private readonly host: HttpAdapterHost,
    { http, limits }: Config,
  ) {
    this.admission = new ConnectionLimiter(
      http.api
        ? { max: limits.connections, maxPerAddress: limits.connectionsPerAddress }
        : { max: MAX_CONNECTIONS_WITHOUT_API, maxPerAddress: 0 },
    );
  }

  onModuleInit(): void {
    const { httpAdapter } = this.host;
    const server = httpAdapter.getHttpServer() as Server & Timed;
    // The timeout starts at the first byte of a request, so it may be shorter than the idle timeout.
    server.headersTimeout = REQUEST_TIMEOUT_MS;
    server.requestTimeout = REQUEST_TIMEOUT_MS;
    server.connectionsCheckingInterval = 1000;
    server.keepAliveTimeout = IDLE_TIMEOUT_MS;
    const idle = new IdleConnections(server);
    server.prependListener('connection', (socket: Socket) => {
      const admitted = admit(socket, this.admission, this.disconnects, (of) => idle.makeRoom(of));
      if (admitted !== undefined) idle.add(socket, admitted);
    });
    const express = httpAdapter.getInstance<{ disable(setting: string): void }>();
    express.disable('x-powered-by');
  }
}
