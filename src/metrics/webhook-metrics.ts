import type { Registry } from 'prom-client';
import type { WebhookCounters } from '../webhooks/webhook-counters.js';
import type { WebhooksService } from '../webhooks/webhooks.service.js';
import { registerCount, registerCounts, registerGauge } from './register.js';

/** Metrics of the delivery to the backend. They are 0 without WEBHOOK_URL. */
export function registerWebhookMetrics(
  registry: Registry,
  counters: WebhookCounters,
  webhooks: WebhooksService,
): void {
  registerCount(registry, {
    name: 'presence_webhook_events_total',
    help: 'Events of this node that the receiver of webhooks has accepted, including gap events.',
    count: () => counters.events,
  });
  registerCounts(registry, {
    name: 'presence_webhook_requests_total',
    help: 'Requests to the receiver of webhooks by outcome: the class of the status, 410, or why there is no response.',
    label: 'outcome',
    counts: () => counters.requests,
  });
  registerGauge(registry, {
    name: 'presence_webhook_lag_events',
    help: 'Events in the event log that this node must still deliver by webhook.',
    value: () => webhooks.lag.events,
  });
  registerGauge(registry, {
    name: 'presence_webhook_lag_seconds',
    help: 'Age of the oldest event that this node must still deliver by webhook.',
    value: () => webhooks.lag.ms / 1000,
  });
  registerCount(registry, {
    name: 'presence_webhook_gaps_total',
    help: 'Gap events: times that events may be missing for the receiver of webhooks.',
    count: () => counters.gaps,
  });
  registerGauge(registry, {
    name: 'presence_webhook_stopped',
    help: '1 if this node delivers no webhooks until its restart because the receiver responded with status 410, else 0.',
    value: () => (webhooks.isStopped ? 1 : 0),
  });
}
