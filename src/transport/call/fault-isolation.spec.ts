import {
  status,
  type Client,
  type Server,
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
import {
  asIs,
  DirectServer,
  watchedCall,
  type DirectMethod,
} from '../../../test/support/direct-server.js';

type Unary = ServerUnaryCall<Buffer, Buffer>;
type Stream = ServerWritableStream<Buffer, Buffer>;
type Duplex = ServerDuplexStream<Buffer, Buffer>;
type Callback = sendUnaryData<unknown>;

const boom = (): never => {
  throw new Error('boom');
};

/** Handlers of any library that fail in every possible way, by the kind of their call. */
const UNARY: Readonly<Record<string, (call: Unary, callback: Callback) => unknown>> = {
  'a handler that throws': boom,
  'a handler that rejects': async () => boom(),
  'a listener that throws': (call) => {
    call.on('cancelled', boom);
    call.emit('cancelled');
  },
};
const STREAMS: Readonly<Record<string, (call: Stream) => unknown>> = {
  'a handler that throws': boom,
  'a handler that rejects': async () => boom(),
};
const DUPLEX: Readonly<Record<string, (call: Duplex) => unknown>> = {
  'a listener that throws': (call) => call.on('data', boom),
};

/** The same for the methods of the contract, which grpc-js does not serve. */
const DIRECT: Readonly<Record<string, DirectMethod>> = {
  'a handler that rejects': { handler: async () => boom() },
  'a handler that throws': { handler: boom },
  'a stream whose handler rejects': { handler: async () => boom(), responseStream: true },
  'a message that cannot be written': {
    handler: async () => of('x'),
    responseStream: true,
    serialize: boom,
  },
  'a status that cannot be written': {
    handler: async () => {
      const failure = { code: status.ABORTED, message: 'x', metadata: { toHttp2Headers: boom } };
      return new Observable((observer) => observer.error(failure));
    },
    responseStream: true,
  },
  'a response that cannot be counted': { handler: async () => Buffer.from('uncountable') },
};

describe('An exception while a gRPC call is served', () => {
  let log: CapturedLog;
  let direct: DirectServer;
  let client: Client;

  beforeEach(async () => {
    log = CapturedLog.start();
    const methods = Object.entries(DIRECT).map(
      ([name, method]) => [pathOf('Direct', name), method] as const,
    );
    const countResponse = (bytes: number): boolean =>
      bytes === 'uncountable'.length ? boom() : true;
    const watched = watchedCall({ countResponse });
    direct = await DirectServer.start(Object.fromEntries(methods), addServices, watched);
    ({ client } = direct);
  });
  afterEach(() => {
    direct.stop();
    log.restore();
  });

  function addServices(server: Server): void {
    add(server, 'Unary', UNARY, false, false);
    add(server, 'Stream', STREAMS, false, true);
    add(server, 'Duplex', DUPLEX, true, true);
    const good = {
      call: (_call: Unary, callback: Callback) => callback(null, Buffer.from('fine')),
      half: (_call: Unary, callback: Callback) =>
        callback({ code: status.NOT_FOUND, details: 'no "\ud800\n"' }),
    };
    add(server, 'Good', good, false, false);
  }

  function add(
    server: Server,
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

  const cases = Object.entries({
    Unary: UNARY,
    Stream: STREAMS,
    Duplex: DUPLEX,
    Direct: DIRECT,
  }).flatMap(([service, handlers]) =>
    Object.keys(handlers).map((name) => [service, name] as const),
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
