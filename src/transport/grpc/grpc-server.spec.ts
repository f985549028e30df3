import { AsyncLocalStorage } from 'node:async_hooks';
import { lastValueFrom, Observable, of, throwError } from 'rxjs';
import { ServerCredentials } from '@grpc/grpc-js';
import { describe, expect, it, vi } from 'vitest';
import type { Connections } from '../connections/connections.js';
import type { DescribedMethod, Handler } from '../call/handler.js';
import { RpcMetrics } from '../call/rpc-metrics.js';
import { GrpcServerStrategy } from './grpc-server.js';

const PATH = '/test.Service/Call';

/** Returns the handler that gRPC and HTTP serve, and a list that the hooks of Nest fill. */
function served(
  handler: Handler,
  { responseStream = false, hasHooks = true } = {},
): {
  readonly handler: Handler;
  readonly seen: unknown[];
  readonly context: AsyncLocalStorage<string>;
} {
  const strategy = new GrpcServerStrategy({
    url: '127.0.0.1:0',
    credentials: ServerCredentials.createInsecure(),
    packageDefinition: {},
    serverOptions: {},
    maxRequestBytesOf: () => 0,
    connections: {} as Connections,
    metrics: new RpcMetrics(),
    closeTimeoutMs: 0,
    addServices: () => {},
  });
  const seen: unknown[] = [];
  const context = new AsyncLocalStorage<string>();
  if (hasHooks) {
    strategy.setOnProcessingStartHook((_transport, call, done) => {
      const { operationId } = call as { readonly operationId: string };
      seen.push(`${operationId} begins`);
      void context.run('a call', done);
    });
    strategy.setOnProcessingEndHook(() => seen.push('it ends'));
  }
  strategy.createServiceMethod(Object.defineProperty(handler, 'name', { value: 'call' }), {
    path: PATH,
    responseStream,
  } as DescribedMethod);
  return { handler: strategy.methods.get(PATH)!.handler, seen, context };
}

describe('The processing hooks of Nest', () => {
  it('see the begin and the end of a unary call', async () => {
    const { handler, seen } = served(async () => ({ answer: 42 }));
    expect(await handler({}, {}, {})).toEqual({ answer: 42 });
    expect(seen).toEqual(['call begins', 'it ends']);
  });

  it('see the end of a stream after its last message', async () => {
    const { handler, seen } = served(async () => of(1, 2), { responseStream: true });
    const messages = (await handler({}, {}, {})) as Observable<number>;
    expect(seen).toEqual(['call begins']);
    expect(await lastValueFrom(messages)).toBe(2);
    expect(seen).toEqual(['call begins', 'it ends']);
  });

  it('see the end of a stream whose client unsubscribes', async () => {
    const { handler, seen } = served(async () => new Observable(() => {}), {
      responseStream: true,
    });
    ((await handler({}, {}, {})) as Observable<unknown>).subscribe().unsubscribe();
    expect(seen).toEqual(['call begins', 'it ends']);
  });

  it('see the end of a call that fails', async () => {
    const rejected = served(async () => Promise.reject(new Error('no')));
    await expect(rejected.handler({}, {}, {})).rejects.toThrow('no');
    expect(rejected.seen).toEqual(['call begins', 'it ends']);
    const failed = served(async () => throwError(() => new Error('no')));
    const result = (await failed.handler({}, {}, {})) as Observable<unknown>;
    await expect(lastValueFrom(result)).rejects.toThrow('no');
    expect(failed.seen).toEqual(['call begins', 'it ends']);
  });

  it('give their asynchronous context to the handler and to its stream', async () => {
    const contexts: unknown[] = [];
    const { handler, context } = served(
      async () => {
        contexts.push(context.getStore());
        return new Observable((subscriber) => {
          contexts.push(context.getStore());
          subscriber.complete();
        });
      },
      { responseStream: true },
    );
    ((await handler({}, {}, {})) as Observable<unknown>).subscribe();
    expect(contexts).toEqual(['a call', 'a call']);
  });

  it('cost a call nothing if no hook is set', async () => {
    const run = vi.spyOn(
      GrpcServerStrategy.prototype as unknown as { runWithProcessingHooks: () => void },
      'runWithProcessingHooks',
    );
    const stream = async (): Promise<Observable<number>> => of(1);
    await served(stream, { responseStream: true, hasHooks: false }).handler({}, {}, {});
    expect(run).not.toHaveBeenCalled();
    await served(stream, { responseStream: true }).handler({}, {}, {});
    expect(run).toHaveBeenCalledOnce();
    run.mockRestore();
  });
});
