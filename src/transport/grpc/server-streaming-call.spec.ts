import type { ServerHttp2Stream } from 'node:http2';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  Client,
  credentials,
  type Metadata,
  Server,
  ServerCredentials,
  status,
  type ClientReadableStream,
  type ServerWritableStream,
  type StatusObject,
} from '@grpc/grpc-js';
import { NEVER, Observable, of, throwError } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Handler } from '../call/handler.js';
import { serveStreamingCall } from './server-streaming-call.js';

const PATH = '/test/Stream';
const bytes = (message: Buffer): Buffer => message;

type Call = ServerWritableStream<Buffer, Buffer>;

const cleanUps: (() => void)[] = [];
afterEach(() => cleanUps.splice(0).forEach((cleanUp) => cleanUp()));

/** Starts a server with one streaming method, and calls it. */
async function callTo(
  handler: Handler,
  { onCall = (): void => {}, deadlineMs = Infinity }: CallOptions = {},
): Promise<ClientReadableStream<Buffer>> {
  const server = new Server({ 'grpc.enable_channelz': 0 });
  const method = {
    path: PATH,
    requestStream: false,
    responseStream: true,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  };
  server.addService(
    { method },
    {
      method: (call: Call) => {
        onCall(call);
        void serveStreamingCall(handler, call, bytes as (message: unknown) => Buffer);
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  cleanUps.push(() => (client.close(), server.forceShutdown()));
  const options = { deadline: Date.now() + deadlineMs };
  const stream = client.makeServerStreamRequest(PATH, bytes, bytes, Buffer.from('hello'), options);
  return stream.on('error', () => {});
}

interface CallOptions {
  readonly onCall?: (call: Call) => void;
  readonly deadlineMs?: number;
}

const handlerOf =
  (responses: Observable<unknown>): Handler =>
  async () =>
    responses;

async function statusOf(stream: ClientReadableStream<Buffer>): Promise<StatusObject> {
  stream.resume();
  return new Promise((resolve) => stream.once('status', resolve));
}

describe('A streaming call', () => {
  it('is sent every message, and OK at the end', async () => {
    const stream = await callTo(handlerOf(of(Buffer.from('one'), Buffer.from('two'))));
    const messages: string[] = [];
    stream.on('data', (message: Buffer) => messages.push(message.toString()));
    expect(await statusOf(stream)).toMatchObject({ code: status.OK, details: 'OK' });
    expect(messages).toEqual(['one', 'two']);
  });

  it('sends its headers without the copies that grpc-js makes', async () => {
    let copies = 0;
    const onCall = (call: Call): void => {
      call.sendMetadata = () => void copies++;
    };
    const stream = await callTo(handlerOf(of(Buffer.from('one'))), { onCall });
    const headers = new Promise<Metadata>((resolve) => stream.once('metadata', resolve));
    expect(await statusOf(stream)).toMatchObject({ code: status.OK });
    expect((await headers).get('content-type')).toEqual(['application/grpc+proto']);
    expect(copies).toBe(0);
  });

  it('ends with the status of an error', async () => {
    const error = { code: status.ABORTED, message: 'no, and 100 % sure' };
    const stream = await callTo(handlerOf(throwError(() => error)));
    expect(await statusOf(stream)).toMatchObject({ code: error.code, details: error.message });
  });

  it('ends its source when the deadline has passed', async () => {
    let ended: () => void;
    const hasEnded = new Promise<void>((resolve) => (ended = resolve));
    const stream = await callTo(handlerOf(new Observable(() => ended)), { deadlineMs: 100 });
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

  // grpc-js would hold about 4 KB for each open stream.
  it('holds nothing of grpc-js while it is open', async () => {
    let call: WeakRef<object> | undefined;
    let http2Stream: ServerHttp2Stream | undefined;
    const onCall = (it: Call): void => {
      call = new WeakRef(it);
      http2Stream = (it as unknown as { call: { stream: ServerHttp2Stream } }).call.stream;
    };
    const stream = await callTo(handlerOf(NEVER), { onCall });
    await new Promise((resolve) => stream.once('metadata', resolve));
    await turn();
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    expect(http2Stream!.closed).toBe(false);
    expect(call!.deref()).toBeUndefined();
  });
});
