import { Module } from '@nestjs/common';
import { ConnectionsModule } from '../transport/connections/connections.module.js';
import { EventsModule } from '../events/events.module.js';
import { GrpcModule } from '../api/grpc.module.js';
import { TlsModule } from '../transport/tls/tls.module.js';
import { EventCounters } from './event-counters.js';
import { MetricsController } from './metrics.controller.js';

@Module({
  imports: [ConnectionsModule, EventsModule, GrpcModule, TlsModule],
  providers: [EventCounters],
  controllers: [MetricsController],
})
export class MetricsModule {}
