import { status } from '@grpc/grpc-js';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RpcMetrics } from './rpc-metrics.js';

const PATH = '/presence.v1.EventsService/Subscribe';

describe('The metrics of streams', () => {
  afterEach(() => vi.restoreAllMocks());

  it('count open and ended streams, and the time to their first message', async () => {
    const metrics = new RpcMetrics();
    const streams = metrics.forStreams(PATH);
    for (const code of [status.OK, status.UNAVAILABLE, status.UNAVAILABLE]) {
      streams.began();
      streams.ended(code);
    }
    streams.began();
    streams.sentFirstMessage(0.003);

    const labels = 'service="presence.v1.EventsService",method="Subscribe"';
    // The second reading must not count anything twice.
    await read(metrics);
    expect(await read(metrics)).toEqual(
      expect.arrayContaining([
        `presence_streams{${labels}} 1`,
        `presence_streams_ended_total{${labels},code="OK"} 1`,
        `presence_streams_ended_total{${labels},code="CANCELLED"} 0`,
        `presence_streams_ended_total{${labels},code="UNAVAILABLE"} 2`,
        `presence_stream_first_message_seconds_count{${labels}} 1`,
      ]),
    );
  });

  it('begin at zero', async () => {
    const metrics = new RpcMetrics();
    metrics.forStreams(PATH);
    const values = (await read(metrics)).filter((line) => !line.startsWith('#'));
    expect(values.filter((line) => !line.endsWith(' 0'))).toEqual([]);
    expect(values.some((line) => line.startsWith('presence_streams{'))).toBe(true);
  });

  it('look up no labels when a stream begins, is served or ends', () => {
    const metrics = new RpcMetrics();
    const streams = metrics.forStreams(PATH);
    const lookUps = metrics.all.flatMap((metric) =>
      ['inc', 'dec', 'set', 'observe', 'labels']
        .filter((name) => name in metric)
        .map((name) => vi.spyOn(metric as unknown as Record<string, () => void>, name)),
    );
    expect(lookUps).not.toHaveLength(0);
    streams.began();
    streams.sentFirstMessage(0.001);
    streams.ended(status.OK);
    for (const lookUp of lookUps) expect(lookUp).not.toHaveBeenCalled();
  });
});

async function read({ all }: RpcMetrics): Promise<string[]> {
  const registry = new Registry();
  for (const metric of all) registry.registerMetric(metric);
  return (await registry.metrics()).split('\n').filter((line) => line !== '');
}
