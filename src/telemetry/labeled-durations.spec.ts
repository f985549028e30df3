import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { LabeledDurations } from './labeled-durations.js';

describe('A histogram of durations with labels', () => {
  it('counts a duration in every bucket that includes it, with its bound', async () => {
    const durations = new LabeledDurations('test_seconds', 'A test.');
    const calls = durations.add({ code: 'OK' });
    for (const seconds of [0.001, 0.002, 2.5, 3]) calls.observe(seconds);
    const registry = new Registry();
    registry.registerMetric(durations.metric);
    const lines = (await registry.metrics()).split('\n');
    expect(lines).toContain('# TYPE test_seconds histogram');
    expect(lines).toContain('test_seconds_bucket{code="OK",le="0.001"} 1');
    expect(lines).toContain('test_seconds_bucket{code="OK",le="0.0025"} 2');
    expect(lines).toContain('test_seconds_bucket{code="OK",le="2.5"} 3');
    expect(lines).toContain('test_seconds_bucket{code="OK",le="+Inf"} 4');
    expect(lines).toContain('test_seconds_count{code="OK"} 4');
    expect(lines.some((line) => /^test_seconds_sum\{code="OK"\} 5\.50/.test(line))).toBe(true);
  });

  it('shows labels without durations as zero', async () => {
    const durations = new LabeledDurations('test_seconds', 'A test.');
    durations.add({ code: 'OK' });
    const registry = new Registry();
    registry.registerMetric(durations.metric);
    expect(await registry.metrics()).toContain('test_seconds_count{code="OK"} 0');
  });
});
