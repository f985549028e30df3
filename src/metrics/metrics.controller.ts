import { Controller, Get, Header } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { PresenceStore } from '../store/presence-store.js';
import { registerStoreMetrics } from './store-metrics.js';

/** Figures for Prometheus. */
@Controller('metrics')
export class MetricsController {
  private readonly registry = new Registry();

  constructor(store: PresenceStore) {
    collectDefaultMetrics({ register: this.registry });
    registerStoreMetrics(this.registry, store);
  }

  @Get()
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  read(): Promise<string> {
    return this.registry.metrics();
  }
}
