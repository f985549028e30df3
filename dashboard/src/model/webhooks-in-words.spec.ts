import { describe, expect, it } from 'vitest';
import { webhooksInWords } from './webhooks-in-words.js';

describe('The line about webhooks', () => {
  const said = (values: Readonly<Record<string, number>>): string | undefined =>
    webhooksInWords(
      new Map(Object.entries(values).map(([name, value]) => [`presence_webhook_${name}`, value])),
    );

  it('is absent while this node has sent no request', () => {
    expect(said({})).toBeUndefined();
    expect(said({ requests_total: 0, events_total: 0, lag_events: 0 })).toBeUndefined();
  });

  it('has the delivered events', () => {
    expect(said({ requests_total: 2, events_total: 1 })).toBe('Webhooks: 1 event delivered.');
    expect(said({ requests_total: 99, events_total: 1234 })).toBe(
      'Webhooks: 1,234 events delivered.',
    );
  });

  it('has the events that wait, and the age of the oldest', () => {
    expect(said({ requests_total: 2, events_total: 3, lag_events: 5, lag_seconds: 61 })).toBe(
      'Webhooks: 3 events delivered, 5 events waiting, the oldest for 1 min.',
    );
  });

  it('reports that the receiver has ended the delivery', () => {
    expect(said({ requests_total: 2, stopped: 1, lag_events: 5 })).toBe(
      'Webhooks are stopped until this node restarts: the receiver responded with 410 Gone.',
    );
  });
});
