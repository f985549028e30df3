import { Global, Module } from '@nestjs/common';
import { Clock } from './clock.js';
import { SystemClock } from './system-clock.js';

/** Provides the clock to every module. Beside the configuration, it is the only global provider. */
@Global()
@Module({
  providers: [{ provide: Clock, useFactory: () => new SystemClock() }],
  exports: [Clock],
})
export class ClockModule {}
