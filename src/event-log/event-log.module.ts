import { Module } from '@nestjs/common';
import { fragmentEncoder } from '../api/event-mapper.js';
import { Config } from '../config/config.js';
import { SealingKeys } from '../sealed-tokens/sealing-keys.js';
import { TokenSealer } from '../sealed-tokens/token-sealer.js';
import { StoreModule } from '../store/store.module.js';
import { EventLog } from './event-log.js';

/** Provides the event log of the node, for the features that deliver events. `FanOut` appends to it. */
@Module({
  imports: [StoreModule],
  providers: [
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
  exports: [EventLog],
})
export class EventLogModule {}
