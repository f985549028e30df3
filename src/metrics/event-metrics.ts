import type { Registry } from 'prom-client';
import type { EventsService } from '../events/events.service.js';
import type { FanOut } from '../events/fan-out.js';
import { registerCount, registerCounts, registerDistributions, registerGauge } from './register.js';

/** What was committed, who is told of it, and how soon. */
export function registerEventMetrics(
  registry: Registry,
  fanOut: FanOut,
  events: EventsService,
): void {
  registerCounts(registry, {
    name: 'presence_events_total',
    help: 'Events that this node has heard of, on whichever node they were committed, by kind.',
    label: 'kind',
    counts: () => fanOut.events,
  });
  registerCount(registry, {
    name: 'presence_deliveries_total',
    help: 'Events that were sent to subscribers, each as often as there were subscribers for it.',
    count: () => fanOut.slices.events,
  });
  registerCount(registry, {
    name: 'presence_delivery_messages_total',
    help: 'Messages in which those events were sent.',
    count: () => fanOut.slices.messages,
  });
  registerDistributions(registry, {
    name: 'presence_delivery_delay_seconds',
    help: 'From the oldest commit of a round, as this node heard of it, to each message with events of that round.',
    distributions: () => [[{}, fanOut.delays]],
  });
  registerGauge(registry, {
    name: 'presence_subscribers',
    help: 'Subscriptions that this node holds.',
    value: () => fanOut.size,
  });
  registerGauge(registry, {
    name: 'presence_subscribers_behind',
    help: 'Subscriptions that have not been given everything, since their streams do not take it: slow readers.',
    value: () => fanOut.lag().subscribers,
  });
  registerGauge(registry, {
    name: 'presence_subscriber_lag_max_events',
    help: 'How many events there are that the slowest reader has not been given.',
    value: () => fanOut.lag().events,
  });
  registerGauge(registry, {
    name: 'presence_subscriber_lag_max_seconds',
    help: 'How old the oldest event is that the slowest reader has not been given.',
    value: () => fanOut.lag().ms / 1000,
  });
  registerCounts(registry, {
    name: 'presence_subscriptions_reset_total',
    help: 'Subscriptions that lost their place and began anew with the state, because of a slow_reader or a resume_token from too long ago.',
    label: 'cause',
    counts: () => events.resets,
  });
}
