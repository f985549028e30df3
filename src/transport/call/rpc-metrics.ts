import { status } from '@grpc/grpc-js';
import { Injectable } from '@nestjs/common';
import { Counter, Gauge, type Metric } from 'prom-client';
import { LabeledDurations, type Durations } from '../../telemetry/labeled-durations.js';

const METHOD_LABELS = ['service', 'method'] as const;
const CALL_LABELS = [...METHOD_LABELS, 'code'] as const;

/**
 * The metrics of all methods of the API, for every transport together. They are plain numbers until they are read,
 * because prom-client builds a string of all labels for each change.
 */
@Injectable()
export class RpcMetrics {
  /** The metrics, to be added to a registry. */
  readonly all: readonly Metric[];
  private readonly durations = new LabeledDurations(
    'presence_rpc_duration_seconds',
    'Duration of unary calls from the complete request to the response, by status code.',
  );
  private readonly firstMessages = new LabeledDurations(
    'presence_stream_first_message_seconds',
    'Time from the complete request of a stream to its first message.',
  );
  private readonly streams: StreamRpcMetrics[] = [];

  constructor() {
    const { streams } = this;
    const open = new Gauge({
      name: 'presence_streams',
      help: 'Open streams.',
      labelNames: METHOD_LABELS,
      registers: [],
      collect() {
        for (const { method, open } of streams) this.set({ ...method }, open);
      },
    });
    const ended = new Counter({
      name: 'presence_streams_ended_total',
      help: 'Ended streams, by status code. A stream that its client closed, or whose RPC deadline passed, counts as CANCELLED.',
      labelNames: CALL_LABELS,
      registers: [],
      collect() {
        this.reset();
        for (const { method, endedByCode } of streams) {
          for (const [code, count] of endedByCode)
            this.inc({ ...method, code: status[code] }, count);
        }
      },
    });
    this.all = [this.durations.metric, this.firstMessages.metric, open, ended];
  }

  forUnary(path: string): UnaryRpcMetrics {
    return new UnaryRpcMetrics(this.durations, methodOf(path));
  }

  forStreams(path: string): StreamRpcMetrics {
    const method = methodOf(path);
    const metrics = new StreamRpcMetrics(method, this.firstMessages.add({ ...method }));
    this.streams.push(metrics);
    return metrics;
  }
}

/** The metrics of one unary method. */
export class UnaryRpcMetrics {
  private readonly byCode = new Map<status, Durations>();

  constructor(
    private readonly durations: LabeledDurations,
    private readonly method: MethodName,
  ) {
    this.withCode(status.OK);
  }

  ended(code: status, seconds: number): void {
    this.withCode(code).observe(seconds);
  }

  private withCode(code: status): Durations {
    let durations = this.byCode.get(code);
    if (durations === undefined) {
      durations = this.durations.add({ ...this.method, code: status[code] });
      this.byCode.set(code, durations);
    }
    return durations;
  }
}

/** The metrics of one streaming method. */
export class StreamRpcMetrics {
  /** The number of open streams. */
  open = 0;
  /** The number of streams that have ended, by status code. */
  readonly endedByCode = new Map<status, number>([
    [status.OK, 0],
    [status.CANCELLED, 0],
  ]);

  constructor(
    readonly method: MethodName,
    private readonly firstMessages: Durations,
  ) {}

  began(): void {
    this.open++;
  }

  sentFirstMessage(seconds: number): void {
    this.firstMessages.observe(seconds);
  }

  /** `code` is CANCELLED also if the client disconnected or its RPC deadline passed. */
  ended(code: status): void {
    this.open--;
    this.endedByCode.set(code, (this.endedByCode.get(code) ?? 0) + 1);
  }
}

/** The name of an RPC method in metrics and traces. */
export interface MethodName {
  readonly service: string;
  readonly method: string;
}

/** Splits a path such as `/presence.v1.SessionService/Connect` into service and method. */
export function methodOf(path: string): MethodName {
  const [, service = '', method = ''] = path.split('/');
  return { service, method };
}
