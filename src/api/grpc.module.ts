import { ServerCredentials } from '@grpc/grpc-js';
import { Module } from '@nestjs/common';
import { Config } from '../config/config.js';
import { HealthModule } from '../health/health.module.js';
import { ServingStatus } from '../health/serving-status.js';
import { RpcMetrics } from '../transport/call/rpc-metrics.js';
import { CALLS_BEFORE_TOKEN, Connections } from '../transport/connections/connections.js';
import { ConnectionsModule } from '../transport/connections/connections.module.js';
import { TokenlessStreams } from '../transport/connections/tokenless-streams.js';
import { GrpcServerStrategy } from '../transport/grpc/grpc-server.js';
import { addReflection } from '../transport/grpc/reflection.js';
import { withBoundedStreams } from '../transport/grpc/tokenless-services.js';
import { CertificateWatch } from '../transport/tls/certificate-watch.js';
import { TlsModule } from '../transport/tls/tls.module.js';
import { packageDefinition, SERVICES } from './codecs.js';
import { runPipelinesDirectly } from './direct-pipeline.js';
import { requestLimitOf } from './request-limits.js';

/**
 * The minimum close timeout in milliseconds. The final status of a stream needs some time to reach the client, even if
 * the drain timeout is zero.
 */
const LEAST_CLOSE_MS = 250;

/** Provides the gRPC server of `presence.v1`, which also serves health and reflection, and the metrics of its calls. */
@Module({
  imports: [ConnectionsModule, HealthModule, TlsModule],
  providers: [
    RpcMetrics,
    {
      provide: GrpcServerStrategy,
      inject: [Config, Connections, TokenlessStreams, RpcMetrics, ServingStatus, CertificateWatch],
      useFactory: createGrpcServer,
    },
  ],
  exports: [GrpcServerStrategy, RpcMetrics],
})
export class GrpcModule {}

function createGrpcServer(
  { process, grpc, fixed }: Config,
  connections: Connections,
  tokenlessStreams: TokenlessStreams,
  metrics: RpcMetrics,
  status: ServingStatus,
  tls: CertificateWatch | undefined,
): GrpcServerStrategy {
  runPipelinesDirectly();
  return new GrpcServerStrategy({
    url: grpc.url,
    credentials: tls?.credentials ?? ServerCredentials.createInsecure(),
    packageDefinition: packageDefinition(),
    serverOptions: {
      'grpc.keepalive_time_ms': grpc.keepaliveTimeMs,
      'grpc.keepalive_timeout_ms': grpc.keepaliveTimeoutMs,
      'grpc.max_connection_idle_ms': fixed.connectionIdleTimeoutMs,
      // The limit is raised after a call with a valid token.
      'grpc.max_concurrent_streams': Math.min(CALLS_BEFORE_TOKEN, grpc.maxStreamsPerConnection),
      // Channelz is unused, and updating it costs time on every call.
      'grpc.enable_channelz': 0,
    },
    maxRequestBytesOf: (path) => requestLimitOf(path).bytes,
    connections,
    metrics,
    closeTimeoutMs: Math.max(process.drainTimeoutMs / 5, LEAST_CLOSE_MS),
    addServices: (grpcServer) => {
      const server = withBoundedStreams(grpcServer, tokenlessStreams, connections.calls);
      status.addToServer(
        server,
        SERVICES.map(({ typeName }) => typeName),
      );
      if (!process.isProduction)
        addReflection(
          server,
          SERVICES.map(({ file }) => file),
        );
    },
  });
}
