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

/**
 * The minimum close timeout in milliseconds. The final status of a stream needs some time to reach the client, even if
 * the drain timeout is zero.
 */
const LEAST_CLOSE_MS = 250;

/**
 * Adds the gRPC server to the application. Must be started after `app.init()`, because calls must not arrive before the
 * modules are initialised.
 */
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
      // The limit is raised after a call with a valid token.
      'grpc.max_concurrent_streams': Math.min(
        CALLS_BEFORE_TOKEN,
        config.grpc.maxStreamsPerConnection,
      ),
      // Channelz is unused, and updating it costs time on every call.
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

/** Returns the size limit of a request in bytes, for the path of its method. */
export function requestSizeLimit({ grpc }: Config): (path: string) => number {
  return (path) => Math.min(requestLimitOf(path).bytes, grpc.maxRequestBytes);
}

function credentialsOf(app: INestApplication): ServerCredentials {
  const tls = app.get<CertificateWatch | undefined>(CertificateWatch);
  return tls?.credentials ?? ServerCredentials.createInsecure();
}
