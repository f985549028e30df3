import { status } from '@grpc/grpc-js';
import { Injectable } from '@nestjs/common';
import { Counter, Gauge, type Histogram, type Metric } from 'prom-client';
import { durationHistogram } from '../../telemetry/durations.js';
import { LabeledDurations, type Durations } from '../../telemetry/labeled-durations.js';

const METHOD_LABELS = ['service', 'method'] as const;
const CALL_LABELS = [...METHOD_LABELS, 'code'] as const;

/** The metrics of all methods of the API, for every transport together. */
@Injectable()
export class RpcMetrics {
  private readonly durations = new LabeledDurations(
    'presence_rpc_duration_seconds',
    'Duration of unary calls from the complete request to the response, by status code.',
  );
  private readonly firstMessages = durationHistogram(
    'presence_stream_first_message_seconds',
    'Time from the complete request of a stream to its first message.',
    METHOD_LABELS,
  );
  private readonly openStreams = new Gauge({
    name: 'presence_streams',
    help: 'Open streams.',
    labelNames: METHOD_LABELS,
    registers: [],
  });
  private readonly endedStreams = new Counter({
    name: 'presence_streams_ended_total',
    help: 'Ended streams, by status code. A stream that its client closed, or whose RPC deadline passed, counts as CANCELLED.',
    labelNames: CALL_LABELS,
    registers: [],
  });

  /** The metrics, to be added to a registry. */
  get all(): readonly Metric[] {
    return [this.durations.metric, this.firstMessages, this.openStreams, this.endedStreams];
  }

  forUnary(path: string): UnaryRpcMetrics {
    return new UnaryRpcMetrics(this.durations, methodOf(path));
  }

  forStreams(path: string): StreamRpcMetrics {
    return new StreamRpcMetrics(
      this.firstMessages,
      this.openStreams,
      this.endedStreams,
      methodOf(path),
    );
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
  constructor(
    private readonly firstMessages: Histogram<keyof MethodName>,
    private readonly openStreams: Gauge<keyof MethodName>,
    private readonly endedStreams: Counter<keyof MethodName | 'code'>,
    private readonly method: MethodName,
  ) {
    firstMessages.zero({ ...method });
    openStreams.set({ ...method }, 0);
    for (const code of [status.OK, status.CANCELLED]) {
      endedStreams.inc({ ...method, code: status[code] }, 0);
    }
  }

  began(): void {
    this.openStreams.inc({ ...this.method });
  }

  sentFirstMessage(seconds: number): void {
    this.firstMessages.observe({ ...this.method }, seconds);
  }

  /** `code` is CANCELLED also if the client disconnected or its RPC deadline passed. */
  ended(code: status): void {
    this.openStreams.dec({ ...this.method });
    this.endedStreams.inc({ ...this.method, code: status[code] });
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
