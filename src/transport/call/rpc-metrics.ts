import { status } from '@grpc/grpc-js';
import { Injectable } from '@nestjs/common';
import { Distribution, DURATION_BUCKETS } from '../../telemetry/distribution.js';

/** The metrics of one unary method. */
export class UnaryRpcMetrics {
  /** The durations until the response in seconds, by status code. */
  readonly durations = new Map([[status.OK, new Distribution(DURATION_BUCKETS)]]);

  ended(code: status, seconds: number): void {
    let durations = this.durations.get(code);
    if (durations === undefined) {
      this.durations.set(code, (durations = new Distribution(DURATION_BUCKETS)));
    }
    durations.add(seconds);
  }
}

/** The metrics of one streaming method. */
export class StreamRpcMetrics {
  /** The times until the first message, in seconds. */
  readonly starts = new Distribution(DURATION_BUCKETS);
  /**
   * The number of ended streams by status code. CANCELLED also means that the client disconnected or that its RPC
   * deadline passed.
   */
  readonly ends = new Map<status, number>([
    [status.OK, 0],
    [status.CANCELLED, 0],
  ]);
  open = 0;

  began(): void {
    this.open++;
  }

  ended(code: status): void {
    this.open--;
    this.ends.set(code, (this.ends.get(code) ?? 0) + 1);
  }
}

/** The metrics of all methods of the API by path, for every transport. */
@Injectable()
export class RpcMetrics {
  readonly unary = new Map<string, UnaryRpcMetrics>();
  readonly streams = new Map<string, StreamRpcMetrics>();

  forUnary(path: string): UnaryRpcMetrics {
    const figures = new UnaryRpcMetrics();
    this.unary.set(path, figures);
    return figures;
  }

  ofStreams(path: string): StreamRpcMetrics {
    const figures = new StreamRpcMetrics();
    this.streams.set(path, figures);
    return figures;
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
