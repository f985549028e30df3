import { Controller, Get, Header } from '@nestjs/common';
import { Registry } from 'prom-client';
import { MetricsHistory, type AgedSample } from './metrics-history.js';
import { MetricsRegistry } from './metrics-registry.js';

/** Serves the metrics on the HTTP port, unless they have a port of their own. */
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly registry: MetricsRegistry,
    private readonly history: MetricsHistory,
  ) {}

  @Get()
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  read(): Promise<string> {
    return this.registry.read();
  }

  /** Returns the latest samples of the metrics that the dashboard draws, oldest first. */
  @Get('history')
  @Header('Cache-Control', 'no-store')
  readHistory(): readonly AgedSample[] {
    return this.history.read();
  }
}
