import type { IncomingMessage, ServerResponse } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { requestSizeLimit } from './grpc.js';
import { Connections } from '../transport/connections/connections.js';
import { logFault } from '../transport/call/fault-isolation.js';
import type { GrpcServerStrategy } from '../transport/grpc/grpc-server.js';
import { Cors } from '../transport/http/cors.js';
import { contentTypesFor, negotiateFormat } from '../transport/http/content-negotiation.js';
import { serveCall } from '../transport/http/serve-call.js';

/**
 * Serves the methods of the gRPC server over HTTP/1.1 as well, with the Connect protocol and gRPC-Web, so that browsers
 * can call them. Must be attached before `app.init()`, because the routes would otherwise come first and read the body.
 */
export function attachHttpApi(app: INestApplication, grpc: GrpcServerStrategy): void {
  const config = app.get<Config>(CONFIG);
  const { http, connections } = config;
  if (!http.api) return;
  const crossOrigin = new Cors(http.corsOrigins);
  const bounds = {
    maxRequestBytesOf: requestSizeLimit(config),
    connections: app.get(Connections),
    callTimeoutMs: connections.callTimeoutMs,
  };
  const serve = (request: IncomingMessage, response: ServerResponse, next: () => void): unknown => {
    const [path = ''] = request.url?.split('?', 1) ?? [];
    const method = grpc.methods.get(path);
    if (method === undefined) return next();
    crossOrigin.admit(request, response);
    if (request.method === 'OPTIONS') return crossOrigin.answerPreflight(request, response);
    if (request.method !== 'POST') {
      return response.writeHead(405, { allow: 'POST, OPTIONS', 'content-length': 0 }).end();
    }
    const isStreaming = method.definition.responseStream;
    const format = negotiateFormat(request.headers['content-type'] ?? '', isStreaming);
    if (format === undefined) {
      return response
        .writeHead(415, { 'accept-post': contentTypesFor(isStreaming).join(', ') })
        .end();
    }
    return serveCall(method, format, request, response, bounds);
  };
  app.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
    try {
      serve(request, response, next);
    } catch (error) {
      logFault(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    }
  });
}
