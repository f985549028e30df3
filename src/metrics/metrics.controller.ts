import { Controller, Get, Header } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { Connections } from '../connections/connections.js';
import { RefusedCalls } from '../limits/refused-calls.js';
import { SessionLimit } from '../limits/session-limit.js';
import { PresenceStore } from '../store/presence-store.js';
import { registerConnectionMetrics } from './connection-metrics.js';
import { registerLimitMetrics } from './limit-metrics.js';
import { registerStoreMetrics } from './store-metrics.js';

/** Figures for Prometheus. */
@Controller('metrics')
export class MetricsController {
  private readonly registry = new Registry();

  constructor(
    store: PresenceStore,
    connections: Connections,
    refusedCalls: RefusedCalls,
    sessions: SessionLimit,
  ) {
    collectDefaultMetrics({ register: this.registry });
    registerStoreMetrics(this.registry, store);
    registerConnectionMetrics(this.registry, connections);
    registerLimitMetrics(this.registry, refusedCalls, sessions);
  }

  @Get()
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  read(): Promise<string> {
    return this.registry.metrics();
  }
}
