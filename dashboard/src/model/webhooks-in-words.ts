import type { Metrics } from './metrics.js';
import { spanInWords } from './time-in-words.js';

/**
 * Describes the delivery of webhooks by the node that the metrics are from. Undefined: it has sent no request, because webhooks
 * are not configured or another node delivers them.
 */
export function webhooksInWords(metrics: Metrics): string | undefined {
  const value = (name: string): number => metrics.get(`presence_webhook_${name}`) ?? 0;
  if (value('requests_total') === 0) return undefined;
  if (value('stopped') > 0)
    return 'Webhooks are stopped until this node restarts: the receiver responded with 410 Gone.';
  const delivered = `Webhooks: ${count(value('events_total'))} delivered`;
  const waiting = value('lag_events');
  if (waiting === 0) return `${delivered}.`;
  return `${delivered}, ${count(waiting)} waiting, the oldest for ${spanInWords(value('lag_seconds') * 1000)}.`;
}

function count(events: number): string {
  return `${events.toLocaleString('en')} ${events === 1 ? 'event' : 'events'}`;
}
