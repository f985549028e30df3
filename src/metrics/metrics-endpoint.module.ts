import { Module, type DynamicModule } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsModule } from './metrics.module.js';
import { MetricsServer } from './metrics-server.js';

/** Serves the metrics: on a port of their own if `METRICS_PORT` is set, otherwise on the HTTP port. */
@Module({ imports: [MetricsModule] })
export class MetricsEndpointModule {
  static forRoot({ http }: Config): DynamicModule {
    const module = MetricsEndpointModule;
    return http.metricsPort === undefined
      ? { module, controllers: [MetricsController] }
      : { module, providers: [MetricsServer] };
  }
}
