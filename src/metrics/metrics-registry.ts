import { readFileSync } from 'node:fs';
import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { Connections } from '../transport/connections/connections.js';
import { EventsService } from '../events/events.service.js';
import { FanOut } from '../events/fan-out.js';
import { RpcMetrics } from '../transport/call/rpc-metrics.js';
import { CertificateWatch } from '../transport/tls/certificate-watch.js';
import { RejectionCounters } from '../limits/rejection-counters.js';
import { SessionLimit } from '../limits/session-limit.js';
import { CommandExecutor } from '../commands/command-executor.js';
import { WebhookCounters } from '../webhooks/webhook-counters.js';
import { WebhooksService } from '../webhooks/webhooks.service.js';
import { PresenceStore } from '../store/presence-store.js';
import { registerCommandMetrics } from './command-metrics.js';
import { EventCounters } from './event-counters.js';
import { registerConnectionMetrics, registerTlsMetrics } from './connection-metrics.js';
import { registerEventMetrics } from './event-metrics.js';
import { registerLimitMetrics } from './limit-metrics.js';
import { registerStoreMetrics } from './store-metrics.js';
import { registerWebhookMetrics } from './webhook-metrics.js';

/** All metrics of the node, in the text format of Prometheus. */
@Injectable()
export class MetricsRegistry {
  private readonly registry = new Registry();

  constructor(
    store: PresenceStore,
    commands: CommandExecutor,
    calls: RpcMetrics,
    committed: EventCounters,
    fanOut: FanOut,
    events: EventsService,
    connections: Connections,
    rejections: RejectionCounters,
    sessions: SessionLimit,
    delivered: WebhookCounters,
    webhooks: WebhooksService,
    // Undefined if gRPC runs without TLS.
    certificates?: CertificateWatch,
  ) {
    const { registry } = this;
    collectDefaultMetrics({ register: registry });
    registerBuildInfo(registry);
    registerStoreMetrics(registry, store);
    registerCommandMetrics(registry, commands.outcomes);
    registerEventMetrics(registry, committed, fanOut, events);
    for (const metric of calls.all) registry.registerMetric(metric);
    registerConnectionMetrics(registry, connections);
    registerLimitMetrics(registry, rejections, sessions);
    registerWebhookMetrics(registry, delivered, webhooks);
    if (certificates) registerTlsMetrics(registry, certificates);
  }

  /** Returns for each of these names the sum over all its labels. */
  async sums<Name extends string>(names: readonly Name[]): Promise<Record<Name, number>> {
    const sums = names.map(async (name) => {
      const { values = [] } = (await this.registry.getSingleMetric(name)?.get()) ?? {};
      return [name, values.reduce((sum, { value }) => sum + value, 0)] as const;
    });
    return Object.fromEntries(await Promise.all(sums)) as Record<Name, number>;
  }

  /** Returns the current value of every metric. */
  read(): Promise<string> {
    return this.registry.metrics();
  }
}

/** The fields of package.json that describe the build. A release writes `gitHead`; a clone has none. */
interface Manifest {
  readonly version: string;
  readonly gitHead?: string;
}

// The file is at the same place relative to src and to dist.
const MANIFEST = new URL('../../package.json', import.meta.url);

/** Registers a constant metric whose labels say which program runs. Its value is always 1. */
function registerBuildInfo(registry: Registry): void {
  const { version, gitHead = '' } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as Manifest;
  const labels = { version, commit: gitHead, node_version: process.version };
  new Gauge({
    name: 'presence_build_info',
    help: 'Constant 1. The labels have the version of the service, its Git commit if the build knows it, and the version of Node.js.',
    labelNames: Object.keys(labels),
    registers: [registry],
  }).set(labels, 1);
}
