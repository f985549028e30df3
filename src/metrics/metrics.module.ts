import { Module } from '@nestjs/common';
import { ConnectionsModule } from '../transport/connections/connections.module.js';
import { EventsModule } from '../events/events.module.js';
import { RpcMetrics } from '../transport/call/rpc-metrics.js';
import { TlsModule } from '../transport/tls/tls.module.js';
import { MetricsController } from './metrics.controller.js';

@Module({
  imports: [ConnectionsModule, EventsModule, TlsModule],
  providers: [RpcMetrics],
  controllers: [MetricsController],
})
export class MetricsModule {}
