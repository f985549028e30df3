import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { ConnectRpcModule } from './api/connect-rpc.module.js';
import { GrpcModule } from './api/grpc.module.js';
import { ClockModule } from './clock/clock.module.js';
import type { Config } from './config/config.js';
import { ConfigModule } from './config/config.module.js';
import { ConnectionsModule } from './transport/connections/connections.module.js';
import { DashboardModule } from './dashboard-page/dashboard.module.js';
import { EventsModule } from './events/events.module.js';
import { HealthModule } from './health/health.module.js';
import { HttpLimits } from './transport/http/http-server-limits.js';
import { MetricsEndpointModule } from './metrics/metrics-endpoint.module.js';
import { ModerationModule } from './moderation/moderation.module.js';
import { PresenceModule } from './presence/presence.module.js';
import { SessionModule } from './session/session.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

/**
 * The root module of the service. The feature modules of the API do not depend on each other: they share state only
 * through the commits of the store.
 */
@Module({})
export class AppModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        ClockModule,
        ScheduleModule.forRoot(),
        ConnectionsModule,
        GrpcModule,
        ConnectRpcModule,
        HealthModule,
        MetricsEndpointModule.forRoot(config),
        DashboardModule.forRoot(config),
        SessionModule,
        PresenceModule,
        EventsModule,
        ModerationModule,
        WebhooksModule,
      ],
      providers: [HttpLimits],
    };
  }
}
