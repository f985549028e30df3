import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Config } from '../../config/config.js';
import { CONFIG } from '../../config/config.module.js';
import { ConnectionLimiter } from '../connections/connection-limiter.js';
import { admit } from '../connections/admit.js';
import { DisconnectLog } from '../connections/disconnect-log.js';
import { IdleConnections } from './idle-connections.js';
import { dropUnusedAtClose } from './unused-connections.js';

/** A request is quick to arrive: those of browsers are small, and whoever asks for health and metrics is nearby. */
const REQUEST_TIMEOUT_MS = 10_000;
/**
 * How long a connection without a request is kept. Longer than proxies keep theirs: nginx and AWS 60 s, others up to 75 s.
 * The end that closes first must be the proxy, or it sends a request into a connection that is just being closed.
 */
const IDLE_TIMEOUT_MS = 76_000;

/** How many there may be who ask for health and metrics. */
const MAX_CONNECTIONS_WITHOUT_API = 1_000;

const SENTENCES = {
  full: 'there are as many connections of HTTP as there may be',
  network_full: 'it has MAX_CONNECTIONS_PER_ADDRESS of HTTP',
} as const;

/** Node looks every half a minute by itself. It can be told otherwise until it listens, which its types do not say. */
interface Timed {
  connectionsCheckingInterval: number;
}

/**
 * Bounds the HTTP side: how long a request may take to arrive, how many connections there may be, and what is waited for at
 * the end. Where browsers call there may be as many connections as of gRPC, beside those.
 */
@Injectable()
export class HttpLimits implements OnModuleInit {
  private readonly cuts = new DisconnectLog('HttpLimits', SENTENCES);
  private readonly admission: ConnectionLimiter;

  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(CONFIG) { http, connections }: Config,
  ) {
    this.admission = new ConnectionLimiter(
      http.api ? connections : { max: MAX_CONNECTIONS_WITHOUT_API, maxPerAddress: 0 },
    );
  }

  onModuleInit(): void {
    const { httpAdapter } = this.host;
    const server = httpAdapter.getHttpServer() as Server & Timed;
    // Counted from the first byte of a request, so that it need not be longer than idle connections are kept.
    server.headersTimeout = REQUEST_TIMEOUT_MS;
    server.requestTimeout = REQUEST_TIMEOUT_MS;
    server.connectionsCheckingInterval = 1000;
    server.keepAliveTimeout = IDLE_TIMEOUT_MS;
    const idle = new IdleConnections(server);
    server.prependListener('connection', (socket: Socket) => {
      const admitted = admit(socket, this.admission, this.cuts, (of) => idle.makeRoom(of));
      if (admitted !== undefined) idle.add(socket, admitted);
    });
    dropUnusedAtClose(server);
    const express = httpAdapter.getInstance<{ disable(setting: string): void }>();
    express.disable('x-powered-by');
  }
}
