import { Injectable, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { Config } from '../../config/config.js';
import type { ServedMethod } from '../call/handler.js';
import { Connections } from '../connections/connections.js';
import { GrpcServerStrategy } from '../grpc/grpc-server.js';
import { contentTypesFor, negotiateFormat } from './content-negotiation.js';
import { Cors } from './cors.js';
import { serveCall } from './serve-call.js';

/**
 * Serves the methods of the gRPC server over HTTP/1.1 with the Connect protocol and gRPC-Web, so that browsers can call
 * them. It reads the body of a request itself, so no body parser may run before it.
 */
@Injectable()
export class ConnectRpcMiddleware implements NestMiddleware<Request, Response> {
  private readonly cors: Cors;

  constructor(
    private readonly grpc: GrpcServerStrategy,
    private readonly connections: Connections,
    private readonly config: Config,
  ) {
    this.cors = new Cors(config.http.corsOrigins ?? []);
  }

  use(request: Request, response: Response, next: NextFunction): void {
    const [path = ''] = request.originalUrl.split('?', 1);
    const method = this.grpc.methods.get(path);
    if (method === undefined) return next();
    this.serve(method, request, response);
  }

  private serve(method: ServedMethod, request: Request, response: Response): void {
    this.cors.admit(request, response);
    if (request.method === 'OPTIONS') return this.cors.respondToPreflight(request, response);
    if (request.method !== 'POST') {
      response.writeHead(405, { allow: 'POST, OPTIONS', 'content-length': 0 }).end();
      return;
    }
    const isStreaming = method.definition.responseStream;
    const format = negotiateFormat(request.headers['content-type'] ?? '', isStreaming);
    if (format === undefined) {
      response.writeHead(415, { 'accept-post': contentTypesFor(isStreaming).join(', ') }).end();
      return;
    }
    const { callTimeoutMs } = this.config.fixed;
    serveCall(method, format, request, response, { connections: this.connections, callTimeoutMs });
  }
}
