import { once, type EventEmitter } from 'node:events';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  Metadata,
  status,
  type ClientReadableStream,
  type ServiceError,
  type StatusObject,
} from '@grpc/grpc-js';
import { NEVER, Observable, of, throwError } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  asIs,
  DirectServer,
  unaryStream,
  watchedCall,
  type DirectMethod,
} from '../../../test/support/direct-server.js';
import type { Handler } from '../call/handler.js';
import { encodeFrame } from './frame.js';
import { CallStream } from './grpc-server-stream.js';
import type { WatchedCall } from '../connections/call-watchdog.js';

const PATH = '/test.Service/Call';

let server: DirectServer | undefined;
afterEach(() => {
  server?.stop();
  server = undefined;
});

interface Answer {
  readonly error: ServiceError | null;
  readonly message: string | undefined;
}

/** Starts a server with one unary method, and returns a function that calls it. */
async function serve(
  method: DirectMethod,
  watched?: WatchedCall,
): Promise<(deadlineMs?: number) => Promise<Answer>> {
  const { client } = (server = await DirectServer.start({ [PATH]: method }, undefined, watched));
  return (deadlineMs = 5000) =>
    new Promise((resolve) => {
      const deadline = Date.now() + deadlineMs;
      client.makeUnaryRequest(PATH, asIs, asIs, Buffer.from('?'), { deadline }, (error, message) =>
        resolve({ error, message: message?.toString() }),
      );
    });
}

const REQUEST_HEADERS = { 'content-type': 'application/grpc', te: 'trailers' };

function namesOf([headers]: readonly IncomingHttpHeaders[]): readonly string[] {
  return Object.keys(headers!);
}

describe('A unary call', () => {
  it('gets headers, response and status OK in one iteration of the event loop', async () => {
    const seen: object[] = [];
    const call = await serve({
      handler: async (_request, _metadata, served) => {
        void turn().then(() => {
          const { headersSent, writableEnded } = unaryStream(served);
          seen.push({ headersSent, writableEnded });
        });
        return Buffer.from('an answer');
      },
    });
    expect(await call()).toEqual({ error: null, message: 'an answer' });
    expect(seen).toEqual([{ headersSent: true, writableEnded: true }]);
  });

  it('sends only the headers that gRPC requires', async () => {
    await serve({ handler: async () => Buffer.from('an answer') });
    const session = connectHttp2(`http://127.0.0.1:${server!.port}`);
    const stream = session.request({ ':method': 'POST', ':path': PATH, ...REQUEST_HEADERS });
    const headers = once(stream, 'response');
    const trailers = once(stream, 'trailers');
    stream.resume();
    stream.end(encodeFrame(Buffer.from('?')));
    expect(namesOf(await headers)).toEqual([':status', 'content-type']);
    expect(namesOf(await trailers)).toEqual(['grpc-status']);
    session.destroy();
  });

  it('may have a response of no bytes, and one that does not fit a window of HTTP/2', async () => {
    const large = 'x'.repeat(1_000_000);
    const answers = ['', large];
    const call = await serve({ handler: async () => Buffer.from(answers.shift()!) });
    expect(await call()).toEqual({ error: null, message: '' });
    expect(await call()).toEqual({ error: null, message: large });
  });

  it('is INTERNAL when its response cannot be serialized', async () => {
    const call = await serve({
      handler: async () => ({}),
      serialize: () => {
        throw new Error('a secret');
      },
    });
    const { error } = await call();
    expect(error).toMatchObject({ code: status.INTERNAL, details: 'Error serializing response' });
  });

  it('is RESOURCE_EXHAUSTED when its client has too many unread responses', async () => {
    const handler = async (): Promise<Buffer> => Buffer.from('x');
    const call = await serve({ handler }, watchedCall({ countResponse: () => false }));
    expect((await call()).error?.code).toBe(status.RESOURCE_EXHAUSTED);
  });

  it('ends with the status of an error, and with the request id in its headers', async () => {
    const failure = { code: status.ABORTED, message: 'no, and 100 % sure' };
    const call = await serve({
      handler: async (_request, metadata) => {
        (metadata as Metadata).set('x-request-id', 'r-1');
        return throwError(() => failure);
      },
    });
    const { error } = await call();
    expect(error).toMatchObject({ code: failure.code, details: failure.message });
  });

  it('may be answered after its client has stopped waiting', async () => {
    let done = (): void => {};
    const isDone = new Promise<void>((resolve) => (done = resolve));
    const call = await serve({
      handler: async (_request, _metadata, served) => {
        await once(served as EventEmitter, 'close');
        done();
        return Buffer.from('late');
      },
    });
    const { error } = await call(1000);
    expect(error?.code).toBe(status.DEADLINE_EXCEEDED);
    await isDone;
  });
});

const handlerOf =
  (responses: Observable<unknown>): Handler =>
  async () =>
    responses;

/** Starts a server with one streaming method, and calls it. */
async function callTo(
  handler: Handler,
  deadlineMs = Infinity,
): Promise<ClientReadableStream<Buffer>> {
  const { client } = (server = await DirectServer.start({
    [PATH]: { handler, responseStream: true },
  }));
  const metadata = new Metadata();
  metadata.set('authorization', 'Bearer token');
  const stream = client.makeServerStreamRequest(PATH, asIs, asIs, Buffer.from('hello'), metadata, {
    deadline: Date.now() + deadlineMs,
  });
  return stream.on('error', () => {});
}

async function statusOf(stream: ClientReadableStream<Buffer>): Promise<StatusObject> {
  stream.resume();
  return new Promise((resolve) => stream.once('status', resolve));
}

describe('A streaming call', () => {
  it('is sent its headers, every message, and OK at the end', async () => {
    const stream = await callTo(handlerOf(of(Buffer.from('one'), Buffer.from('two'))));
    const headers = new Promise<Metadata>((resolve) => stream.once('metadata', resolve));
    const messages: string[] = [];
    stream.on('data', (message: Buffer) => messages.push(message.toString()));
    expect(await statusOf(stream)).toMatchObject({ code: status.OK });
    expect(messages).toEqual(['one', 'two']);
    expect((await headers).get('content-type')).toEqual(['application/grpc+proto']);
  });

  it('ends with the status of an error', async () => {
    const error = { code: status.ABORTED, message: 'no, and 100 % sure' };
    const stream = await callTo(handlerOf(throwError(() => error)));
    expect(await statusOf(stream)).toMatchObject({ code: error.code, details: error.message });
  });

  it('ends its source when the deadline has passed', async () => {
    let ended: () => void;
    const hasEnded = new Promise<void>((resolve) => (ended = resolve));
    const stream = await callTo(handlerOf(new Observable(() => ended)), 100);
    expect(await statusOf(stream)).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await hasEnded;
  });

  it('ends its source when the client disconnects', async () => {
    let ended: () => void;
    const hasEnded = new Promise<void>((resolve) => (ended = resolve));
    const stream = await callTo(handlerOf(new Observable(() => ended)));
    await new Promise((resolve) => stream.once('metadata', resolve));
    stream.cancel();
    await hasEnded;
  });

  it('holds neither its request nor its token while it is open', async () => {
    let request: WeakRef<object> | undefined;
    let open: CallStream | undefined;
    const tokens: unknown[] = [];
    const stream = await callTo(async (message, metadata, call) => {
      request = new WeakRef(message as object);
      open = call as CallStream;
      const noteToken = (): unknown => tokens.push(...(metadata as Metadata).get('authorization'));
      noteToken();
      void turn().then(noteToken);
      return NEVER;
    });
    await new Promise((resolve) => stream.once('metadata', resolve));
    await turn();
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    expect(open!.stream.closed).toBe(false);
    expect(request!.deref()).toBeUndefined();
    expect(tokens).toEqual(['Bearer token']);
  });
});
