import { context, propagation, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-node';

/** The OpenTelemetry SDK as in production, except that spans are kept in memory. */
export class Traces {
  private readonly exporter = new InMemorySpanExporter();

  private constructor() {
    const spanProcessors = [new SimpleSpanProcessor(this.exporter)];
    new NodeTracerProvider({ spanProcessors }).register();
  }

  /** Must be called before a service is started. */
  static start(): Traces {
    return new Traces();
  }

  get spans(): readonly ReadableSpan[] {
    return this.exporter.getFinishedSpans();
  }

  /** Returns the spans of a trace with this name. */
  named(name: string, traceId: string): readonly ReadableSpan[] {
    return this.spans.filter(
      (span) => span.name === name && span.spanContext().traceId === traceId,
    );
  }

  stop(): void {
    for (const api of [trace, context, propagation]) api.disable();
  }
}
