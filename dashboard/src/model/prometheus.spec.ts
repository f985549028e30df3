import { describe, expect, it } from 'vitest';
import { readMetrics } from './prometheus.js';

describe('A page of metrics', () => {
  it('is read as a sum for each name', () => {
    const metrics = readMetrics(`# HELP presence_events_total Events
# TYPE presence_events_total counter
presence_events_total{kind="user_online"} 3
presence_events_total{kind="a } in it"} 4
presence_subscribers 2
process_start_time_seconds 1764000000.5 1764000001000

presence_infinite +Inf
presence_broken
`);
    expect([...metrics]).toEqual([
      ['presence_events_total', 7],
      ['presence_subscribers', 2],
      ['process_start_time_seconds', 1764000000.5],
    ]);
  });
});
