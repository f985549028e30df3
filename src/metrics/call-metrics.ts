import { status } from '@grpc/grpc-js';
import type { Registry } from 'prom-client';
import { methodOf, type RpcMetrics } from '../transport/call/rpc-metrics.js';
import { registerCountSeries, registerDistributions, registerGauges } from './register.js';

const LABELS = ['service', 'method'];

/** Metrics of RPCs, over gRPC and HTTP together. */
export function registerCallMetrics(registry: Registry, { unary, streams }: RpcMetrics): void {
  registerDistributions(registry, {
    name: 'presence_rpc_duration_seconds',
    help: 'Duration of unary calls from the complete request to the response, by status code.',
    *distributions() {
      for (const [path, { durations }] of unary) {
        for (const [code, one] of durations) yield [{ ...methodOf(path), code: status[code] }, one];
      }
    },
  });
  registerDistributions(registry, {
    name: 'presence_stream_first_message_seconds',
    help: 'Time from the complete request of a stream to its first message.',
    *distributions() {
      for (const [path, { starts }] of streams) yield [{ ...methodOf(path) }, starts];
    },
  });
  registerGauges(registry, {
    name: 'presence_streams',
    help: 'Open streams.',
    labels: LABELS,
    *values() {
      for (const [path, { open }] of streams) yield [{ ...methodOf(path) }, open];
    },
  });
  registerCountSeries(registry, {
    name: 'presence_streams_ended_total',
    help: 'Streams that have ended, by status code. CANCELLED: the client closed the stream or its deadline passed.',
    labels: [...LABELS, 'code'],
    *counts() {
      for (const [path, { ends }] of streams) {
        for (const [code, count] of ends) yield [{ ...methodOf(path), code: status[code] }, count];
      }
    },
  });
}
