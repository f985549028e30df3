import { ServerCredentials } from '@grpc/grpc-js';
import type { INestApplication } from '@nestjs/common';
import type { MicroserviceOptions } from '@nestjs/microservices';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { CALLS_BEFORE_TOKEN, Connections } from '../transport/connections/connections.js';
import { TokenlessStreams } from '../transport/connections/tokenless-streams.js';
import { ServingStatus } from '../health/serving-status.js';
import { RpcMetrics } from '../transport/call/rpc-metrics.js';
import { loadPackageDefinition } from '../api/codecs.js';
import { requestLimitOf } from '../api/request-limits.js';
import { GrpcServerStrategy } from '../transport/grpc/grpc-server.js';
import { addReflection } from '../transport/grpc/reflection.js';
import { withBoundedStreams } from '../transport/grpc/tokenless-services.js';
import { CertificateWatch } from '../transport/tls/certificate-watch.js';

/** The ends of streams take a moment to reach clients, also when calls are given no time to end. */
const LEAST_CLOSE_MS = 250;

/** Gives the application its gRPC side. To be started after `app.init()`, or calls arrive before the modules are up. */
export function connectGrpc(app: INestApplication): GrpcServerStrategy {
  const config = app.get<Config>(CONFIG);
  const packageDefinition = loadPackageDefinition();
  const server = new GrpcServerStrategy({
    url: config.grpc.url,
    credentials: credentialsOf(app),
    packageDefinition,
    serverOptions: {
      'grpc.keepalive_time_ms': config.grpc.keepaliveTimeMs,
      'grpc.keepalive_timeout_ms': config.grpc.keepaliveTimeoutMs,
      'grpc.max_connection_idle_ms': config.grpc.connectionIdleTimeoutMs,
      // More of them once one has had a valid token.
      'grpc.max_concurrent_streams': Math.min(
        CALLS_BEFORE_TOKEN,
        config.grpc.maxStreamsPerConnection,
      ),
      // Nobody reads it here, and it is kept up on every call.
      'grpc.enable_channelz': 0,
    },
    maxRequestBytesOf: requestSizeLimit(config),
    connections: app.get(Connections),
    figures: app.get(RpcMetrics),
    closeTimeoutMs: Math.max(config.drainTimeoutMs / 5, LEAST_CLOSE_MS),
    addServices: (grpcServer) => {
      const server = withBoundedStreams(
        grpcServer,
        app.get(TokenlessStreams),
        app.get(Connections).calls,
      );
      app.get(ServingStatus).addToServer(server);
      if (config.grpc.reflection) addReflection(server, packageDefinition);
    },
  });
  app.connectMicroservice<MicroserviceOptions>({ strategy: server });
  return server;
}

/** How large the request of the method at a path may be, in bytes. */
export function requestSizeLimit({ grpc }: Config): (path: string) => number {
  return (path) => Math.min(requestLimitOf(path).bytes, grpc.maxRequestBytes);
}

function credentialsOf(app: INestApplication): ServerCredentials {
  const tls = app.get<CertificateWatch | undefined>(CertificateWatch);
  return tls?.credentials ?? ServerCredentials.createInsecure();
}
