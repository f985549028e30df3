import type { Metadata } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import {
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type TextMapGetter,
  type Tracer,
} from '@opentelemetry/api';
import { isObservable, Observable, tap } from 'rxjs';
import type { Handler } from './handler.js';
import { codeOf } from './measured-call.js';
import { methodOf } from './rpc-metrics.js';

/** Reads the trace context of the caller: `traceparent` in gRPC metadata or HTTP headers. */
const FROM_METADATA: TextMapGetter<Metadata> = {
  keys: (metadata) => Object.keys(metadata.getMap()),
  get: (metadata, key) => metadata.get(key)[0]?.toString(),
};

/** The status codes that count as errors of the server in a trace. */
const SERVER_ERRORS: readonly status[] = [
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.UNIMPLEMENTED,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.DATA_LOSS,
];

/**
 * Wraps a handler so that each call is a span. The span of a unary call ends with its response, that of a stream with
 * its first message, because a stream may be open for days.
 */
export function withTracing(handler: Handler, path: string, tracer: Tracer): Handler {
  const { service, method } = methodOf(path);
  const options = {
    kind: SpanKind.SERVER,
    attributes: { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': method },
  };
  return async (request, metadata, call) => {
    const parent = contextOf(metadata as Metadata);
    const span = tracer.startSpan(`${service}/${method}`, options, parent);
    const within = trace.setSpan(parent, span);
    const result = await context.with(within, () => handler(request, metadata, call));
    if (!isObservable(result)) {
      end(span, status.OK);
      return result;
    }
    return new Observable((subscriber) => {
      // `end` ignores a span that has already ended.
      subscriber.add(() => end(span, status.CANCELLED));
      const watched = tap<unknown>({
        next: () => end(span, status.OK),
        error: (error) => end(span, codeOf(error)),
        complete: () => end(span, status.OK),
      });
      return context.with(within, () => result.pipe(watched).subscribe(subscriber));
    });
  };
}

/**
 * Returns the parent of the span: the active span of this process if there is one, otherwise the trace of the caller.
 */
function contextOf(metadata: Metadata): Context {
  const active = context.active();
  return trace.getSpan(active) ? active : propagation.extract(active, metadata, FROM_METADATA);
}

function end(span: Span, code: status): void {
  if (!span.isRecording()) return;
  span.setAttribute('rpc.grpc.status_code', code);
  if (SERVER_ERRORS.includes(code)) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
