import { once, type EventEmitter } from 'node:events';
import { promisify } from 'node:util';
import { Client, credentials, Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall, ServiceError } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import type { Handler } from '../call/handler.js';
import { http2StreamOf } from './http2-stream.js';
import { serveUnaryCall } from './unary-call.js';

/** A stand-in that accepts every response. */
const connections = { countResponse: () => true };
const path = '/test.Service/Call';
const asIs = (message: Buffer): Buffer => message;

interface Answer {
  readonly error: ServiceError | null;
  readonly message: string | undefined;
}

const open: { close(): void }[] = [];
afterEach(() => open.splice(0).forEach((end) => end.close()));

/**
 * Starts a server with one unary method, and returns a function that calls it. `served` is called with each call after
 * it was handled.
 */
async function serve(
  handler: Handler,
  served: (call: ServerUnaryCall<Buffer, Buffer>) => void = () => {},
  serialize: (message: unknown) => Buffer = (message) => message as Buffer,
): Promise<(deadlineMs?: number) => Promise<Answer>> {
  const server = new Server();
  const method = {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: serialize,
    responseDeserialize: asIs,
  };
  server.addService(
    { call: method },
    {
      call: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<unknown>) => {
        void serveUnaryCall(handler, call, callback, serialize, connections).then(() =>
          served(call),
        );
      },
    },
  );
  const bind = promisify(server.bindAsync.bind(server));
  const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure());
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  open.push(client, { close: () => server.forceShutdown() });
  return (deadlineMs = 5000) =>
    new Promise((resolve) => {
      const deadline = Date.now() + deadlineMs;
      client.makeUnaryRequest(path, asIs, asIs, Buffer.from('?'), { deadline }, (error, message) =>
        resolve({ error, message: message?.toString() }),
      );
    });
}

describe('A unary call', () => {
  it('gets headers, response and status OK in one iteration of the event loop', async () => {
    const seen: object[] = [];
    const call = await serve(
      async () => Buffer.from('an answer'),
      (served) => {
        const { headersSent, writableEnded } = http2StreamOf(served);
        seen.push({ headersSent, writableEnded });
      },
    );
    expect(await call()).toEqual({ error: null, message: 'an answer' });
    expect(seen).toEqual([{ headersSent: true, writableEnded: true }]);
  });

  it('may have an answer of no bytes, and one that does not fit a window of HTTP/2', async () => {
    const large = 'x'.repeat(1_000_000);
    const answers = ['', large];
    const call = await serve(async () => Buffer.from(answers.shift()!));
    expect(await call()).toEqual({ error: null, message: '' });
    expect(await call()).toEqual({ error: null, message: large });
  });

  it('is INTERNAL when there are no bytes for its answer', async () => {
    const call = await serve(
      async () => ({}),
      () => {},
      () => {
        throw new Error('a secret');
      },
    );
    const { error } = await call();
    expect(error).toMatchObject({ code: status.INTERNAL, details: 'Error serializing response' });
  });

  it('may be answered after its client has stopped waiting', async () => {
    let done = (): void => {};
    const isDone = new Promise<void>((resolve) => (done = resolve));
    const call = await serve(
      async (_request, _metadata, served) => {
        await once(served as EventEmitter, 'cancelled');
        return Buffer.from('late');
      },
      () => done(),
    );
    const { error } = await call(1000);
    expect(error?.code).toBe(status.DEADLINE_EXCEEDED);
    await isDone;
  });
});
