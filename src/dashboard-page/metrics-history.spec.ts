import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.js';
import { MAX_SAMPLES, MetricsHistory } from './metrics-history.js';
import type { MetricsRegistry } from '../metrics/metrics-registry.js';

describe('The history of the metrics of a node', () => {
  it('has the latest samples with their age, however many there were', async () => {
    const clock = new ManualClock();
    let events = 0;
    const sums = () => Promise.resolve({ presence_events_total: ++events });
    const history = new MetricsHistory({ sums } as unknown as MetricsRegistry, clock);
    expect(history.read()).toEqual([]);
    for (let i = 0; i < 3 * MAX_SAMPLES; i++) {
      await history.take();
      clock.advance(2000);
    }
    const samples = history.read();
    expect(samples).toHaveLength(MAX_SAMPLES);
    expect(samples[0]).toEqual({
      ageMs: MAX_SAMPLES * 2000,
      values: { presence_events_total: 2 * MAX_SAMPLES + 1 },
    });
    expect(samples.at(-1)).toEqual({
      ageMs: 2000,
      values: { presence_events_total: 3 * MAX_SAMPLES },
    });
  });
});
