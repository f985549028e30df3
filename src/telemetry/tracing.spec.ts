import { context, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RejectedError } from '../domain/rejected-error.js';
import { withLinkedSpan, inSpan, activeTracer } from './tracing.js';

it('is not done where the process was started without an SDK', () => {
  expect(activeTracer()).toBeUndefined();
});

describe('Work in a span', () => {
  const exporter = new InMemorySpanExporter();
  const spanNamed = (name: string) => exporter.getFinishedSpans().find((one) => one.name === name)!;
  beforeEach(() => {
    new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
  });
  afterEach(() => {
    exporter.reset();
    for (const api of [trace, context, propagation]) api.disable();
  });

  it('is a child of the current span, and returns the result of the function', async () => {
    const tracer = activeTracer()!;
    const result = await inSpan(tracer, 'outer', {}, () =>
      inSpan(tracer, 'inner', {}, async () => 1),
    );
    expect(result).toBe(1);
    expect(spanNamed('inner').parentSpanContext).toEqual(spanNamed('outer').spanContext());
  });

  it('names the kind of its error when it fails, and not its text', async () => {
    const tracer = activeTracer()!;
    const rejection = new RejectedError('SESSION_NOT_FOUND', 'the text');
    const work = inSpan(tracer, 'refused', {}, () => Promise.reject(rejection));
    await expect(work).rejects.toBe(rejection);
    const boom = inSpan(tracer, 'failed', {}, () => Promise.reject(new TypeError('the text')));
    await expect(boom).rejects.toThrow(TypeError);
    expect(spanNamed('refused').attributes).toEqual({ 'error.type': 'SESSION_NOT_FOUND' });
    expect(spanNamed('failed').attributes).toEqual({ 'error.type': 'TypeError' });
    for (const { status, events } of exporter.getFinishedSpans()) {
      expect(status.message).toBeUndefined();
      expect(events).toEqual([]);
    }
  });

  it('is in the trace of the first caller and linked with the others, if many callers wait for it', async () => {
    const tracer = activeTracer()!;
    const spans = ['a', 'b', 'c'].map((name) => tracer.startSpan(name));
    const waiting = spans.map((span) => trace.setSpan(ROOT_CONTEXT, span));
    await withLinkedSpan(tracer, 'shared', {}, async () => {}, [ROOT_CONTEXT, ...waiting]);
    const [a, b, c] = spans.map((span) => span.spanContext());
    expect(spanNamed('shared').parentSpanContext).toEqual(a);
    expect(spanNamed('shared').links.map((link) => link.context)).toEqual([b, c]);
  });

  it('has no span if no waiting caller is traced', async () => {
    const tracer = activeTracer()!;
    expect(await withLinkedSpan(tracer, 'shared', {}, async () => 1, [ROOT_CONTEXT])).toBe(1);
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});
