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

/** What stands in for a provider until there is one, whichever copy of the API it comes from. */
interface Proxy {
  readonly getDelegateTracer?: (name: string) => Tracer | undefined;
}

/**
 * The tracer of the SDK that the process was started with. Undefined: there is none. Whoever would trace then does without,
 * rather than make spans that nobody takes. To be asked once the process has started, and not for each call.
 */
export function activeTracer(): Tracer | undefined {
  const provider = trace.getTracerProvider();
  const proxy = provider as Proxy;
  return proxy.getDelegateTracer ? proxy.getDelegateTracer(NAME) : provider.getTracer(NAME);
}

/** Does some work in a span of its own, within what is going on or within `parent`. */
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
 * Does some work for several who wait for it together: in the first one's trace, with links to the others. Without a span
 * where none of them is traced.
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

/** What has failed by its kind. Its text stays out: it may say whose it was. */
function recordError(span: Span, error: unknown): void {
  const { reason, name } = error as { readonly reason?: string; readonly name?: string };
  span.setAttribute('error.type', reason ?? name ?? 'unknown');
  span.setStatus({ code: SpanStatusCode.ERROR });
}
