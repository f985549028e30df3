import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ConnectionsModule } from '../transport/connections/connections.module.js';
import { LifecycleModule } from '../lifecycle/lifecycle.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { StoreModule } from '../store/store.module.js';
import { EventLogModule } from '../event-log/event-log.module.js';
import { CountFeed } from './count-feed.js';
import { EventsController } from './events.controller.js';
import { EventsService } from './events.service.js';
import { FanOut } from './fan-out.js';
import { HistoryReplay } from './history-replay.js';
import { SubscriptionLimiter } from './subscription-limiter.js';

/** Delivers every change of a presence to the subscribers. */
@Module({
  imports: [
    AuthModule,
    ConnectionsModule,
    EventLogModule,
    LifecycleModule,
    LimitsModule,
    RevocationModule,
    StoreModule,
  ],
  controllers: [EventsController],
  providers: [EventsService, FanOut, CountFeed, HistoryReplay, SubscriptionLimiter],
  exports: [EventsService, FanOut, CountFeed],
})
export class EventsModule {}
