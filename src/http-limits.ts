import type { Server } from 'node:http';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/** Whoever asks for health and metrics is a machine nearby: it is quick, and there are few of them. */
const REQUEST_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 5_000;
const MAX_CONNECTIONS = 1_000;

/** Node looks every half a minute by itself. It can be told otherwise until it listens, which its types do not say. */
interface Timed {
  connectionsCheckingInterval: number;
}

/** Bounds the HTTP side: how long a request may take to arrive, and how many connections there may be. */
@Injectable()
export class HttpLimits implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    const { httpAdapter } = this.host;
    const server = httpAdapter.getHttpServer() as Server & Timed;
    server.headersTimeout = REQUEST_TIMEOUT_MS;
    server.requestTimeout = REQUEST_TIMEOUT_MS;
    server.connectionsCheckingInterval = 1000;
    server.keepAliveTimeout = IDLE_TIMEOUT_MS;
    server.maxConnections = MAX_CONNECTIONS;
    const express = httpAdapter.getInstance<{ disable(setting: string): void }>();
    express.disable('x-powered-by');
  }
}
