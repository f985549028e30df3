import { status } from '@grpc/grpc-js';
import { Injectable } from '@nestjs/common';
import { Distribution } from '../../telemetry/distribution.js';
import { DURATION_BUCKETS } from '../../telemetry/durations.js';

/** How the unary calls of a method went. */
export class UnaryRpcMetrics {
  /** How long they took until they had an answer, in seconds, by the code of that. */
  readonly durations = new Map([[status.OK, new Distribution(DURATION_BUCKETS)]]);

  ended(code: status, seconds: number): void {
    let durations = this.durations.get(code);
    if (durations === undefined) {
      this.durations.set(code, (durations = new Distribution(DURATION_BUCKETS)));
    }
    durations.add(seconds);
  }
}

/** How the streams of a method are and went. */
export class StreamRpcMetrics {
  /** How long it took until their first message, in seconds. */
  readonly starts = new Distribution(DURATION_BUCKETS);
  /** How many have ended, by code. CANCELLED: the client went, or its deadline came. */
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

/** How the calls of the contract go, by the path of their method, over whatever they come. */
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
