import { Module } from '@nestjs/common';
import { CommandsModule } from '../commands/commands.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { StoreModule } from '../store/store.module.js';
import { ConnectionsModule } from '../transport/connections/connections.module.js';
import { EventsModule } from '../events/events.module.js';
import { GrpcModule } from '../api/grpc.module.js';
import { TlsModule } from '../transport/tls/tls.module.js';
import { WebhooksModule } from '../webhooks/webhooks.module.js';
import { EventCounters } from './event-counters.js';
import { MetricsRegistry } from './metrics-registry.js';

/** Reads the metrics of all components. */
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
  exports: [MetricsRegistry],
})
export class MetricsModule {}
