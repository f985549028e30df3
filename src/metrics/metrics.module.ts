import { Module } from '@nestjs/common';
import { ConnectionsModule } from '../connections/connections.module.js';
import { MetricsController } from './metrics.controller.js';

@Module({ imports: [ConnectionsModule], controllers: [MetricsController] })
export class MetricsModule {}
