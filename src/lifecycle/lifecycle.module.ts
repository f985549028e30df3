import { Global, Module } from '@nestjs/common';
import { HealthModule } from '../health/health.module.js';
import { Drain } from './drain.js';

/** How the server starts to serve and how it stops. */
@Global()
@Module({ imports: [HealthModule], providers: [Drain], exports: [Drain] })
export class LifecycleModule {}
