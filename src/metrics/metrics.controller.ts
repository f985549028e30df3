import { Controller, Get, Header } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { Connections } from '../connections/connections.js';
import { PresenceStore } from '../store/presence-store.js';
import { registerConnectionMetrics } from './connection-metrics.js';
import { registerStoreMetrics } from './store-metrics.js';

/** Figures for Prometheus. */
@Controller('metrics')
export class MetricsController {
  private readonly registry = new Registry();

  constructor(store: PresenceStore, connections: Connections) {
    collectDefaultMetrics({ register: this.registry });
    registerStoreMetrics(this.registry, store);
    registerConnectionMetrics(this.registry, connections);
  }

  @Get()
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  read(): Promise<string> {
    return this.registry.metrics();
  }
}
