import { Module, type DynamicModule } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CommandsModule } from '../commands/commands.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { StoreModule } from '../store/store.module.js';
import { ConnectionsModule } from '../transport/connections/connections.module.js';
import { EventsModule } from '../events/events.module.js';
import { GrpcModule } from '../api/grpc.module.js';
import { TlsModule } from '../transport/tls/tls.module.js';
import { WebhooksModule } from '../webhooks/webhooks.module.js';
import { EventCounters } from './event-counters.js';
import { MetricsHistory } from './metrics-history.js';
import { MetricsRegistry } from './metrics-registry.js';
import { MetricsServer } from './metrics-server.js';
import { MetricsController } from './metrics.controller.js';

/** Serves the metrics of all components: on a port of their own if `METRICS_PORT` is set, otherwise on the HTTP port. */
@Module({
  imports: [
    CommandsModule,
    ConnectionsModule,
    EventsModule,
    GrpcModule,
    LimitsModule,
    StoreModule,
    TlsModule,
    WebhooksModule,
  ],
  providers: [EventCounters, MetricsRegistry],
})
export class MetricsModule {
  static forRoot({ http }: Config): DynamicModule {
    const module = MetricsModule;
    return http.metricsPort === undefined
      ? { module, controllers: [MetricsController], providers: [MetricsHistory] }
      : { module, providers: [MetricsServer] };
  }
}
