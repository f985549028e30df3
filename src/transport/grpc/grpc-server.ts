import { promisify } from 'node:util';
import {
  Server,
  type MethodDefinition,
  type sendUnaryData,
  type ServerCredentials,
  type ServerOptions,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ServerGrpc } from '@nestjs/microservices';
import { socketPath } from '../../config/setting-types.js';
import type { Connections } from '../connections/connections.js';
import { activeTracer } from '../../telemetry/tracing.js';
import { removeStaleSocket } from './stale-unix-socket.js';
import type { RpcMetrics } from '../call/rpc-metrics.js';
import type { Handler, ServedMethod } from '../call/handler.js';
import { http2StreamOf } from './http2-stream.js';
import { withMetrics, measuredStream } from '../call/measured-call.js';
import { validateHeaders } from './header-validation.js';
import { serveStreamingCall } from './server-streaming-call.js';
import { serveUnaryCall } from './unary-call.js';
import { withTracing } from '../call/rpc-tracing.js';

export interface PresenceGrpcServerOptions {
  readonly url: string;
  readonly credentials: ServerCredentials;
  readonly packageDefinition: PackageDefinition;
  readonly serverOptions: ServerOptions;
  /** The size limit of a request in bytes, by the path of its method. */
  readonly maxRequestBytesOf: (path: string) => number;
  /** Looks after the connections. */
  readonly connections: Connections;
  /** Are told how calls go. */
  readonly figures: RpcMetrics;
  /** How long open calls may take to end once the server closes. */
  readonly closeTimeoutMs: number;
  /** Adds the services that are not the contract's. */
  readonly addServices: (server: Server) => void;
}

/**
 * Nest's gRPC server with what it lacks: the port it was given, an end that comes for certain, and calls that cost
 * neither copies nor queues.
 */
export class GrpcServerStrategy extends ServerGrpc {
  /** Where it listens. Not what was asked for when that was port 0; meaningless on a Unix socket. */
  port = 0;
  /** What it serves of the contract, by path, once it listens: for those who serve the same in other ways. */
  readonly methods = new Map<string, ServedMethod>();

  constructor(private readonly settings: PresenceGrpcServerOptions) {
    super({
      url: settings.url,
      package: 'presence.v1',
      packageDefinition: settings.packageDefinition,
      onLoadPackageDefinition: (_definition: unknown, server: Server) =>
        settings.addServices(server),
    });
  }

  override async createClient(): Promise<Server> {
    const server = new Server(this.settings.serverOptions);
    validateHeaders(server, this.settings.maxRequestBytesOf);
    const bind = promisify(server.bindAsync.bind(server));
    const path = socketPath(this.settings.url);
    if (path !== undefined) await removeStaleSocket(path);
    this.port = await bind(this.settings.url, this.settings.credentials);
    this.settings.connections.watch(server, this.settings.maxRequestBytesOf);
    return server;
  }

  override createServiceMethod(
    bare: Handler,
    definition: MethodDefinition<unknown, unknown>,
  ): (...args: never[]) => Promise<void> {
    const { connections, figures } = this.settings;
    const { path, responseStream, responseSerialize } = definition;
    const tracer = activeTracer();
    const handler = tracer === undefined ? bare : withTracing(bare, path, tracer);
    if (!responseStream) {
      const served = withMetrics(handler, figures.forUnary(path));
      this.methods.set(path, { handler: served, definition });
      return (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>) => {
        connections.calls.serve(http2StreamOf(call));
        return serveUnaryCall(served, call, callback, responseSerialize, connections);
      };
    }
    const served = measuredStream(handler, figures.ofStreams(path));
    this.methods.set(path, { handler: served, definition });
    return (call: ServerWritableStream<unknown, unknown>) => {
      const stream = http2StreamOf(call);
      connections.calls.serve(stream);
      const serving = serveStreamingCall(served, call, responseSerialize);
      connections.calls.keepTimerAfterDetach(stream);
      return serving.finally(() => connections.calls.release(stream));
    };
  }

  override async close(): Promise<void> {
    const server = this.grpcClient as Server | undefined;
    await new Promise<void>((resolve) => {
      if (server === undefined) return resolve();
      const timer = setTimeout(() => {
        server.forceShutdown();
        resolve();
      }, this.settings.closeTimeoutMs);
      server.tryShutdown(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
