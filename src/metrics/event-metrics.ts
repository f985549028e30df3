import type { Registry } from 'prom-client';
import type { EventsService } from '../events/events.service.js';
import type { FanOut } from '../events/fan-out.js';
import type { EventCounters } from './event-counters.js';
import { registerCount, registerCounts, registerGauge } from './register.js';

/** Metrics of events, their subscriptions and their delivery. */
export function registerEventMetrics(
  registry: Registry,
  committed: EventCounters,
  fanOut: FanOut,
  events: EventsService,
): void {
  registerCounts(registry, {
    name: 'presence_events_total',
    help: 'Events by kind, committed on any node and received by this node.',
    label: 'kind',
    counts: () => committed.counts,
  });
  registerCount(registry, {
    name: 'presence_events_delivered_total',
    help: 'Events sent to subscribers. An event with three subscribers counts three times.',
    count: () => fanOut.slices.events,
  });
  registerCount(registry, {
    name: 'presence_delivery_messages_total',
    help: 'Messages in which events were sent to subscribers.',
    count: () => fanOut.slices.messages,
  });
  registry.registerMetric(fanOut.deliveryLatency);
  registerGauge(registry, {
    name: 'presence_subscribers',
    help: 'Open subscriptions on this node.',
    value: () => fanOut.size,
  });
  registerGauge(registry, {
    name: 'presence_subscribers_lagging',
    help: 'Subscriptions that lag because their clients read too slowly.',
    value: () => fanOut.lag().subscribers,
  });
  registerGauge(registry, {
    name: 'presence_subscriber_lag_max_events',
    help: 'Number of events that the slowest subscription has not received yet.',
    value: () => fanOut.lag().events,
  });
  registerGauge(registry, {
    name: 'presence_subscriber_lag_max_seconds',
    help: 'Age of the oldest event that the slowest subscription has not received yet.',
    value: () => fanOut.lag().ms / 1000,
  });
  registerCounts(registry, {
    name: 'presence_subscription_resets_total',
    help: 'Subscriptions that restarted with a snapshot, by reason: slow_reader, resume_token (its position is no longer in the event log, or it was issued for other rights), or replayed_commit (the state before a commit is unknown).',
    label: 'reason',
    counts: () => events.resets,
  });
  registerCounts(registry, {
    name: 'presence_history_resumes_total',
    help: 'Resumes that read the partition logs in Redis, because the event log of the node did not reach back far enough, by outcome: continued, reset (gap between the logs), or ended (the stream ended first).',
    label: 'outcome',
    counts: () => events.replays,
  });
}
