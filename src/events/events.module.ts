import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ConnectionsModule } from '../transport/connections/connections.module.js';
import { LifecycleModule } from '../lifecycle/lifecycle.module.js';
import { LimitsModule } from '../limits/limits.module.js';
import { RevocationModule } from '../revocation/revocation.module.js';
import { StoreModule } from '../store/store.module.js';
import { Config } from '../config/config.js';
import { EventLog } from '../event-log/event-log.js';
import { SealingKeys } from '../sealed-tokens/sealing-keys.js';
import { TokenSealer } from '../sealed-tokens/token-sealer.js';
import { fragmentEncoder } from './event-encoder.js';
import { CountFeed } from './count-feed.js';
import { EventsController } from './events.controller.js';
import { EventsService } from './events.service.js';
import { FanOut } from './fan-out.js';
import { SubscriptionLimiter } from './subscription-limiter.js';

/** Delivers every change of a presence to the subscribers. */
@Module({
  imports: [
    AuthModule,
    ConnectionsModule,
    LifecycleModule,
    LimitsModule,
    RevocationModule,
    StoreModule,
  ],
  controllers: [EventsController],
  providers: [
    EventsService,
    FanOut,
    CountFeed,
    SubscriptionLimiter,
    {
      provide: EventLog,
      inject: [Config, SealingKeys],
      useFactory: ({ fixed, streams }: Config, keys: SealingKeys) =>
        new EventLog(
          { size: fixed.eventLogSize, maxAgeMs: streams.maxEventAgeMs },
          fragmentEncoder,
          new TokenSealer(keys, 'resume'),
        ),
    },
  ],
  exports: [EventsService, FanOut, CountFeed],
})
export class EventsModule {}
