import { promisify } from 'node:util';
import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type StatusObject,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { Observable, of } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CapturedLog } from '../../../test/support/captured-log.js';
import { validateHeaders } from '../grpc/header-validation.js';
import { serveStreamingCall } from '../grpc/server-streaming-call.js';
import { serveUnaryCall } from '../grpc/unary-call.js';

const asIs = (message: Buffer): Buffer => message;
const anything = asIs as (message: unknown) => Buffer;

type Unary = ServerUnaryCall<Buffer, Buffer>;
type Stream = ServerWritableStream<Buffer, Buffer>;
type Duplex = ServerDuplexStream<Buffer, Buffer>;
type Callback = sendUnaryData<unknown>;

const boom = (): never => {
  throw new Error('boom');
};
const connections = { countResponse: () => true };

/** Handlers that fail in every possible way, by the kind of their call. They represent the handlers of any library. */
const UNARY: Readonly<Record<string, (call: Unary, callback: Callback) => unknown>> = {
  'a handler that throws': boom,
  'a handler that rejects': async () => boom(),
  'a listener that throws': (call) => {
    call.on('cancelled', boom);
    call.emit('cancelled');
  },
  'a handler of the service that rejects': (call, callback) =>
    serveUnaryCall(async () => boom(), call, callback, anything, connections),
  'an answer that cannot be held': (call, callback) =>
    serveUnaryCall(async () => Buffer.alloc(1), call, callback, anything, { countResponse: boom }),
};
const STREAMS: Readonly<Record<string, (call: Stream) => unknown>> = {
  'a handler that throws': boom,
  'a handler that rejects': async () => boom(),
  'a handler of the service that rejects': (call) =>
    serveStreamingCall(async () => boom(), call, anything),
  'a message that cannot be written': (call) => serveStreamingCall(async () => of('x'), call, boom),
  'a status that cannot be written': (call) => {
    const failure = { code: status.ABORTED, message: 'x', metadata: { toHttp2Headers: boom } };
    const answer = new Observable((observer) => observer.error(failure));
    return serveStreamingCall(async () => answer, call, anything);
  },
};
const DUPLEX: Readonly<Record<string, (call: Duplex) => unknown>> = {
  'a listener that throws': (call) => call.on('data', boom),
};

describe('An exception while a gRPC call is served', () => {
  let log: CapturedLog;
  let server: Server;
  let client: Client;

  beforeEach(async () => {
    log = CapturedLog.start();
    server = new Server({ 'grpc.enable_channelz': 0 });
    validateHeaders(server, () => 8192);
    add('Unary', UNARY, false, false);
    add('Stream', STREAMS, false, true);
    add('Duplex', DUPLEX, true, true);
    add(
      'Good',
      {
        call: (_call: Unary, callback: Callback) => callback(null, Buffer.from('fine')),
        half: (_call: Unary, callback: Callback) =>
          callback({ code: status.NOT_FOUND, details: 'no "\ud800\n"' }),
      },
      false,
      false,
    );
    const bind = promisify(server.bindAsync.bind(server));
    const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure());
    client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  });
  afterEach(() => {
    client.close();
    server.forceShutdown();
    log.restore();
  });

  function add(
    service: string,
    handlers: Readonly<Record<string, unknown>>,
    requestStream: boolean,
    responseStream: boolean,
  ): void {
    for (const [name, handler] of Object.entries(handlers)) {
      const method = {
        ...{ path: pathOf(service, name), requestStream, responseStream },
        ...{ requestSerialize: asIs, requestDeserialize: asIs },
        ...{ responseSerialize: asIs, responseDeserialize: asIs },
      };
      server.addService({ method }, { method: handler as UntypedHandleCall });
    }
  }

  function pathOf(service: string, name: string): string {
    return `/${service}/${name.replaceAll(' ', '-')}`;
  }

  /** Calls a method over the connection that all calls share. */
  function callTo(service: string, name: string): Promise<Partial<StatusObject>> {
    const path = pathOf(service, name);
    const message = Buffer.from('?');
    return new Promise((resolve) => {
      if (service === 'Duplex') {
        const call = client.makeBidiStreamRequest(path, asIs, asIs);
        call
          .on('status', resolve)
          .on('error', () => {})
          .resume();
        call.write(message);
      } else if (service === 'Stream') {
        const call = client.makeServerStreamRequest(path, asIs, asIs, message);
        call
          .on('status', resolve)
          .on('error', () => {})
          .resume();
      } else {
        client.makeUnaryRequest(path, asIs, asIs, message, (error) =>
          resolve(error ?? { code: status.OK }),
        );
      }
    });
  }

  const cases = Object.entries({ Unary: UNARY, Stream: STREAMS, Duplex: DUPLEX }).flatMap(
    ([service, handlers]) => Object.keys(handlers).map((name) => [service, name] as const),
  );

  it.each(cases)('ends that call with INTERNAL and logs the reason (%s: %s)', async (...of) => {
    expect((await callTo(...of)).code).toBe(status.INTERNAL);
    expect(await callTo('Good', 'call')).toEqual({ code: status.OK });
    expect(log.text.split('An internal error ended a call')).toHaveLength(2);
  });

  it('is reported only in the log', async () => {
    for (const of of cases) expect((await callTo(...of)).details).not.toMatch(/boom/);
    expect(log.text).toMatch(/boom/);
  });

  it('does not include half a surrogate pair in a message, which is escaped', async () => {
    expect(await callTo('Good', 'half')).toMatchObject({
      code: status.NOT_FOUND,
      details: 'no "\\u{d800}\\u{a}"',
    });
    expect(log.text).toBe('');
  });

  it('repeats no path at any length', async () => {
    const { code, details } = await callTo('Nothing', 'x'.repeat(5000));
    expect(code).toBe(status.UNIMPLEMENTED);
    expect(details!.length).toBeLessThan(1100);
  });
});
