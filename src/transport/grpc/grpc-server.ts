import { AsyncResource } from 'node:async_hooks';
import { promisify } from 'node:util';
import { Server, type ServerCredentials, type ServerOptions } from '@grpc/grpc-js';
import { ServerGrpc } from '@nestjs/microservices';
import { finalize, isObservable, Observable, type Subscriber } from 'rxjs';
import { socketPath } from '../../config/setting-types.js';
import type { Connections } from '../connections/connections.js';
import { activeTracer } from '../../telemetry/tracing.js';
import { removeStaleSocket } from './stale-unix-socket.js';
import type { RpcMetrics } from '../call/rpc-metrics.js';
import type { DescribedMethod, Handler, PackageDefinition, ServedMethod } from '../call/handler.js';
import { withMetrics, measuredStream } from '../call/measured-call.js';
import { handleCalls } from './call-handling.js';
import { withTracing } from '../call/rpc-tracing.js';

export interface PresenceGrpcServerOptions {
  readonly url: string;
  readonly credentials: ServerCredentials;
  readonly packageDefinition: PackageDefinition;
  readonly serverOptions: ServerOptions;
  /** Returns the size limit of a request in bytes, for the path of its method. */
  readonly maxRequestBytesOf: (path: string) => number;
  /** Watches the connections. */
  readonly connections: Connections;
  /** Records the metrics of calls. */
  readonly metrics: RpcMetrics;
  /** The time for which open calls may continue after the server starts to close, in milliseconds. */
  readonly closeTimeoutMs: number;
  /** Adds the services that are not part of the contract. */
  readonly addServices: (server: Server) => void;
}

/**
 * The gRPC server of Nest, extended: it reports its port, closes within a bounded time, and serves the methods of the
 * contract directly on their HTTP/2 streams. grpc-js listens, keeps connections alive, and serves health and reflection.
 */
export class GrpcServerStrategy extends ServerGrpc {
  /** The actual port. It differs from the setting if that is port 0, and has no meaning for a Unix socket. */
  port = 0;
  /**
   * The served methods of the contract by path, filled when the server listens. The HTTP API serves the same methods.
   */
  readonly methods = new Map<string, ServedMethod>();
  /** The hook that Nest uses as long as the application sets none. */
  private readonly noStartHook = this.onProcessingStartHook;

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
    const { methods } = this;
    const { maxRequestBytesOf, connections } = this.settings;
    handleCalls(server, { methods, maxRequestBytesOf, watchdog: connections });
    const bind = promisify(server.bindAsync.bind(server));
    const path = socketPath(this.settings.url);
    if (path !== undefined) await removeStaleSocket(path);
    this.port = await bind(this.settings.url, this.settings.credentials);
    connections.guard(server);
    return server;
  }

  override createServiceMethod(
    bare: Handler,
    definition: DescribedMethod,
  ): (...args: never[]) => unknown {
    const { metrics, maxRequestBytesOf } = this.settings;
    const { path, responseStream } = definition;
    const maxRequestBytes = maxRequestBytesOf(path);
    const tracer = activeTracer();
    const traced = tracer === undefined ? bare : withTracing(bare, path, tracer);
    const handler = this.withProcessingHooks(traced, bare.name);
    const measured = responseStream
      ? measuredStream(handler, metrics.forStreams(path))
      : withMetrics(handler, metrics.forUnary(path));
    this.methods.set(path, { handler: measured, definition, maxRequestBytes });
    return () => {
      throw new Error('grpc-js does not serve the methods of the contract');
    };
  }

  private get hasProcessingHooks(): boolean {
    // Nest declares that the second one is always set.
    const endHook: unknown = this.onProcessingEndHook;
    return this.onProcessingStartHook !== this.noStartHook || endHook !== undefined;
  }

  /**
   * Calls the hooks of Nest before and after each call over any transport, as `ServerGrpc` does, so that instrumentation
   * of Nest sees the call. The context does not contain the call itself, because it is kept while a stream is open.
   */
  private withProcessingHooks(handler: Handler, operationId: string): Handler {
    return (request, metadata, call) => {
      // Without hooks, the wrapper would only cost time for each call and 4 KB for each open stream.
      if (!this.hasProcessingHooks) return handler(request, metadata, call);
      return new Promise((resolve, reject) => {
        const serve = (runEndHook: () => void): Promise<void> =>
          handler(request, metadata, call).then(
            (result) => {
              if (isObservable(result))
                return resolve(inContext(result.pipe(finalize(runEndHook))));
              runEndHook();
              resolve(result);
            },
            (error: Error) => {
              runEndHook();
              reject(error);
            },
          );
        this.runWithProcessingHooks({ operationId, request, metadata } as never, serve);
      });
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

/** Subscribes to an Observable in the asynchronous context of the hook, in which its handler ran. */
function inContext<T>(source: Observable<T>): Observable<T> {
  return new Observable(
    AsyncResource.bind((subscriber: Subscriber<T>) => source.subscribe(subscriber)),
  );
}
