import { Module } from '@nestjs/common';
import { HealthModule } from '../health/health.module.js';
import { ConnectionDrainer } from './connection-drainer.js';

/** Controls when the server starts and stops serving. */
@Module({ imports: [HealthModule], providers: [ConnectionDrainer], exports: [ConnectionDrainer] })
export class LifecycleModule {}
