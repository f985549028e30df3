import { Module } from '@nestjs/common';
import { ConnectionsModule } from '../connections/connections.module.js';
import { EventsModule } from '../events/events.module.js';
import { RpcMetrics } from '../grpc/call-figures.js';
import { TlsModule } from '../grpc/tls/tls.module.js';
import { MetricsController } from './metrics.controller.js';

@Module({
  imports: [ConnectionsModule, EventsModule, TlsModule],
  providers: [RpcMetrics],
  controllers: [MetricsController],
})
export class MetricsModule {}
