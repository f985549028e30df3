import {
  context,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api';

const NAME = 'presence-service';

/**
 * The proxy that the OpenTelemetry API uses until a provider is registered. It may come from another copy of the API
 * package.
 */
interface Proxy {
  readonly getDelegateTracer?: (name: string) => Tracer | undefined;
}

/**
 * Returns the tracer of the SDK that was loaded with the process. Undefined if there is none; callers then create no
 * spans, because no exporter would receive them. Call it once after the process has started, not for each call.
 */
export function activeTracer(): Tracer | undefined {
  const provider = trace.getTracerProvider();
  const proxy = provider as Proxy;
  return proxy.getDelegateTracer ? proxy.getDelegateTracer(NAME) : provider.getTracer(NAME);
}

/** Runs work in a new span, which is a child of the active span or of `parent`. */
export async function inSpan<T>(
  tracer: Tracer,
  name: string,
  options: SpanOptions,
  work: () => Promise<T>,
  parent: Context = context.active(),
): Promise<T> {
  const span = tracer.startSpan(name, options, parent);
  try {
    return await context.with(trace.setSpan(parent, span), work);
  } catch (error) {
    recordError(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/**
 * Runs work that several callers wait for together: the span belongs to the trace of the first caller and has links to
 * the others. Creates no span if no caller is traced.
 */
export async function withLinkedSpan<T>(
  tracer: Tracer,
  name: string,
  options: SpanOptions,
  work: () => Promise<T>,
  waiting: readonly Context[],
): Promise<T> {
  const [first, ...others] = waiting.filter((one) => trace.getSpanContext(one) !== undefined);
  if (first === undefined) return work();
  const links = others.map((one) => ({ context: trace.getSpanContext(one)! }));
  return inSpan(tracer, name, { ...options, links }, work, first);
}

/** Records the kind of an error. Its message is omitted, because it may contain data of a user. */
function recordError(span: Span, error: unknown): void {
  const { reason, name } = error as { readonly reason?: string; readonly name?: string };
  span.setAttribute('error.type', reason ?? name ?? 'unknown');
  span.setStatus({ code: SpanStatusCode.ERROR });
}
