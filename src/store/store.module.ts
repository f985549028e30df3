import { Global, Module } from '@nestjs/common';
import { Clock, SystemClock } from '../clock/clock.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { Commands } from './commands.js';
import { MemoryPresenceStore } from './memory/memory-presence-store.js';
import { PresenceStore } from './presence-store.js';

/** Where presence lives, and the way to change it. */
@Global()
@Module({
  providers: [
    Commands,
    { provide: Clock, useClass: SystemClock },
    {
      provide: PresenceStore,
      inject: [CONFIG],
      useFactory: (config: Config) => new MemoryPresenceStore(config),
    },
  ],
  exports: [Commands, Clock, PresenceStore],
})
export class StoreModule {}
