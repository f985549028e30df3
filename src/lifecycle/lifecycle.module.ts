import { Global, Module } from '@nestjs/common';
import { HealthModule } from '../health/health.module.js';
import { ConnectionDrainer } from './connection-drainer.js';

/** How the server starts to serve and how it stops. */
@Global()
@Module({ imports: [HealthModule], providers: [ConnectionDrainer], exports: [ConnectionDrainer] })
export class LifecycleModule {}
