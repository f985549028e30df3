import { Module } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { EventLog } from '../log/event-log.js';
import { fragmentEncoder } from './encode.js';
import { EventsController } from './events.controller.js';
import { EventsService } from './events.service.js';
import { FanOut } from './fan-out.js';

/** Events: every change of presence, to everyone who watches. */
@Module({
  controllers: [EventsController],
  providers: [
    EventsService,
    FanOut,
    {
      provide: EventLog,
      inject: [CONFIG],
      useFactory: ({ log }: Config) => new EventLog(log, fragmentEncoder),
    },
  ],
})
export class EventsModule {}
