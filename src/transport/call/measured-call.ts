import { status } from '@grpc/grpc-js';
import {
  isObservable,
  Observable,
  of,
  tap,
  type Observer,
  type Subscriber,
  type Unsubscribable,
} from 'rxjs';
import { secondsSince } from '../../telemetry/durations.js';
import type { StreamRpcMetrics, UnaryRpcMetrics } from './rpc-metrics.js';
import type { Handler } from './handler.js';
import type { FailedStatus } from './status-error.js';

/** Wraps the handler of a unary method and records the duration of each call until its response. */
export function withMetrics(handler: Handler, metrics: UnaryRpcMetrics): Handler {
  return async (request, metadata, call) => {
    const begunAt = performance.now();
    const result = await handler(request, metadata, call);
    if (isObservable(result)) return measuredResult(result, metrics, begunAt);
    metrics.ended(status.OK, secondsSince(begunAt));
    return result;
  };
}

/** A separate function, because its closures would cost every call memory. Only failed calls return an Observable. */
function measuredResult<T>(
  result: Observable<T>,
  metrics: UnaryRpcMetrics,
  begunAt: number,
): Observable<T> {
  const ended = (code: status): void => metrics.ended(code, secondsSince(begunAt));
  return result.pipe(
    tap({ error: (error) => ended(codeOf(error)), complete: () => ended(status.OK) }),
  );
}

/** Wraps the handler of a streaming method and records the time until the first message, and the final status. */
export function measuredStream(handler: Handler, metrics: StreamRpcMetrics): Handler {
  return async (request, metadata, call) => {
    const begunAt = performance.now();
    const result = await handler(request, metadata, call);
    const messages = isObservable(result) ? result : of(result);
    return new Observable((subscriber) => {
      const measured = new MeasuredMessages(subscriber, metrics, begunAt);
      subscriber.add(measured);
      return messages.subscribe(measured);
    });
  };
}

/** Passes on the messages of one call. Operators of RxJS with the same effect take three times the memory for each open stream. */
class MeasuredMessages implements Observer<unknown>, Unsubscribable {
  private hasBegun = false;
  private code = status.CANCELLED;

  constructor(
    private readonly subscriber: Subscriber<unknown>,
    private readonly metrics: StreamRpcMetrics,
    private readonly begunAt: number,
  ) {
    metrics.began();
  }

  next(message: unknown): void {
    if (!this.hasBegun) {
      this.hasBegun = true;
      this.metrics.sentFirstMessage(secondsSince(this.begunAt));
    }
    this.subscriber.next(message);
  }

  error(error: unknown): void {
    this.code = codeOf(error);
    this.subscriber.error(error);
  }

  complete(): void {
    this.code = status.OK;
    this.subscriber.complete();
  }

  /** Called once, at the end of the call. */
  unsubscribe(): void {
    this.metrics.ended(this.code);
  }
}

/** Returns the status code of an error of a handler. The error filter has converted the error to a status. */
export function codeOf(error: unknown): status {
  return (error as Partial<FailedStatus>).code ?? status.UNKNOWN;
}
