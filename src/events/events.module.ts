import { Module } from '@nestjs/common';
import { Config } from '../config/config.js';
import { EventLog } from '../event-log/event-log.js';
import { SealingKeys } from '../sealed-tokens/sealing-keys.js';
import { TokenSealer } from '../sealed-tokens/token-sealer.js';
import { fragmentEncoder } from './event-encoder.js';
import { EventsController } from './events.controller.js';
import { EventsService } from './events.service.js';
import { FanOut } from './fan-out.js';
import { SubscribeLimits } from './subscribe-limits.js';

/** Delivers every change of a presence to the subscribers. */
@Module({
  controllers: [EventsController],
  providers: [
    EventsService,
    FanOut,
    SubscribeLimits,
    {
      provide: EventLog,
      inject: [Config, SealingKeys],
      useFactory: ({ log }: Config, keys: SealingKeys) =>
        new EventLog(log, fragmentEncoder, new TokenSealer(keys, 'resume')),
    },
  ],
  exports: [EventsService, FanOut],
})
export class EventsModule {}
