import { beforeEach, describe, expect, it } from 'vitest';
import { MetricHistory } from './metric-history.js';

function metrics(events: number, startedAt = 1): ReadonlyMap<string, number> {
  return new Map([
    ['presence_events_total', events],
    ['presence_subscribers', 5],
    ['presence_store_sessions', 7],
    ['process_start_time_seconds', startedAt],
  ]);
}

describe('The history of metrics', () => {
  let history: MetricHistory;
  beforeEach(() => void (history = new MetricHistory()));

  it('has gauges as they are, and counters as growth per second', () => {
    history.add(metrics(10), 0);
    history.add(metrics(30), 2000);
    expect(history.sessions.values).toEqual([7, 7]);
    expect(history.subscribers.latest).toBe(5);
    expect(history.eventsPerSecond.values).toEqual([undefined, 10]);
    expect(history.deliveriesPerSecond.values).toEqual([undefined, undefined]);
  });

  it('has a gap where the metrics could not be fetched', () => {
    history.add(metrics(10), 0);
    history.add(undefined, 2000);
    history.add(metrics(30), 4000);
    history.add(metrics(31), 5000);
    expect(history.eventsPerSecond.values).toEqual([undefined, undefined, undefined, 1]);
    expect(history.subscribers.values).toEqual([5, undefined, 5, 5]);
  });

  it('distinguishes a restarted process from a quiet one', () => {
    history.add(metrics(1000), 0);
    history.add(metrics(2, 99), 2000);
    expect(history.eventsPerSecond.latest).toBeUndefined();
  });

  it('does not divide by no time', () => {
    history.add(metrics(1), 5);
    history.add(metrics(2), 5);
    expect(history.eventsPerSecond.latest).toBeUndefined();
  });
});
