import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { status } from '@grpc/grpc-js';
import { createClient, ConnectError } from '@connectrpc/connect';
import { throwError } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { PROTOCOLS, type Protocol } from '../../client/test/support/protocols.js';
import type { KnownErrorReason } from '../../client/src/error-reason.js';
import { ErrorInfoSchema } from '../../client/src/generated/google/rpc/error_details_pb.js';
import { EventsService as EventsDesc } from '../../client/src/generated/presence/v1/events_service_pb.js';
import { PresenceService as PresenceDesc } from '../../client/src/generated/presence/v1/presence_service_pb.js';
import { GetPresenceRequest } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { REJECTIONS, type ErrorReason } from '../../src/api/rejections.js';
import { REJECTION_REASONS, RejectedError } from '../../src/domain/rejected-error.js';
import { EventsService } from '../../src/events/events.service.js';
import { PresenceService } from '../../src/presence/presence.service.js';
import { WatchedCall } from '../../src/transport/connections/call-watchdog.js';
import { CallAccount } from '../../src/transport/connections/call-memory.js';
import type { TransportReason } from '../../src/transport/call/status-error.js';
import {
  framed,
  reasonOfConnect,
  reasonOverConnect,
  reasonOverGrpc,
  type Reason,
} from '../support/error-info.js';
import { Service, tokenOf } from '../support/service.js';

const GET_PRESENCE = '/presence.v1.PresenceService/GetPresence';
const SUBSCRIBE = '/presence.v1.EventsService/Subscribe';

function expected(reason: ErrorReason): Reason {
  return { reason, code: status[REJECTIONS[reason].code], domain: 'presence.v1' };
}

describe('The reason of an error', () => {
  let service: Service;
  let authorization: Readonly<Record<string, string>>;
  beforeAll(async () => {
    service = await Service.start();
    authorization = { authorization: `Bearer ${await tokenOf('ann')}` };
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(() => service.stop());

  function grpc(): string {
    return service.addresses(({ grpcAddress }) => grpcAddress)[0]!;
  }

  function reasonOf(thrown: unknown): Reason {
    const error = ConnectError.from(thrown);
    const [info, ...others] = error.findDetails(ErrorInfoSchema);
    if (info === undefined || others.length > 0) throw error;
    return { code: status[error.code as number]!, reason: info.reason, domain: info.domain };
  }

  describe.each(PROTOCOLS)('over $name', (protocol: Protocol) => {
    it.each(REJECTION_REASONS)(
      '%s reaches a client of a unary call and of a stream',
      async (reason) => {
        vi.spyOn(PresenceService.prototype, 'getPresence').mockRejectedValue(
          new RejectedError(reason, 'a text'),
        );
        vi.spyOn(EventsService.prototype, 'subscribe').mockReturnValue(
          throwError(() => new RejectedError(reason, 'a text')),
        );
        const { transports, close } = protocol.open(service.addresses(protocol.addressOf));
        const options = { headers: authorization };
        const get = createClient(PresenceDesc, transports[0]!).getPresence(
          { userId: 'bob' },
          options,
        );
        expect(reasonOf(await get.catch((error: unknown) => error))).toEqual(expected(reason));
        const events = createClient(EventsDesc, transports[0]!).subscribe({}, options);
        const first = events[Symbol.asyncIterator]().next();
        expect(reasonOf(await first.catch((error: unknown) => error))).toEqual(expected(reason));
        close();
      },
    );
  });

  /** Provokes an error that the transport itself creates, over gRPC and over Connect. */
  const OF_TRANSPORT: Readonly<
    Record<
      TransportReason,
      { readonly grpc?: () => Promise<Reason>; readonly connect?: () => Promise<Reason> }
    >
  > = {
    INVALID_TIMEOUT: {
      grpc: () =>
        reasonOverGrpc(grpc(), {
          path: GET_PRESENCE,
          headers: { ...authorization, 'grpc-timeout': 'soon' },
        }),
      connect: () =>
        reasonOverConnect(service.httpUrl, {
          path: GET_PRESENCE,
          headers: { ...authorization, 'connect-timeout-ms': 'soon' },
        }),
    },
    REQUEST_TOO_LARGE: {
      grpc: () =>
        reasonOverGrpc(grpc(), {
          path: GET_PRESENCE,
          headers: authorization,
          body: Buffer.alloc(100_000),
        }),
      connect: () =>
        reasonOverConnect(service.httpUrl, {
          path: GET_PRESENCE,
          headers: authorization,
          body: Buffer.alloc(100_000),
        }),
    },
    REQUEST_BUFFER_FULL: {
      connect: () => {
        vi.spyOn(CallAccount.prototype, 'raiseTo').mockReturnValue(false);
        return reasonOverConnect(service.httpUrl, { path: GET_PRESENCE, headers: authorization });
      },
    },
    RESPONSE_BUFFER_FULL: {
      grpc: () => {
        vi.spyOn(WatchedCall.prototype, 'countResponse').mockReturnValue(false);
        return reasonOverGrpc(grpc(), validCall());
      },
      connect: () => {
        vi.spyOn(CallAccount.prototype, 'raiseTo')
          .mockReturnValueOnce(true)
          .mockReturnValueOnce(true)
          .mockReturnValue(false);
        return reasonOverConnect(service.httpUrl, validCall());
      },
    },
    TOO_MANY_TOKENLESS_STREAMS: {
      grpc: async () => {
        const session = connectHttp2(`http://${grpc()}`);
        const watch = { path: '/grpc.health.v1.Health/Watch' };
        for (let i = 0; i < 8; i++) {
          const headers = { ':method': 'POST', ':path': watch.path, te: 'trailers' };
          const stream = session.request({ ...headers, 'content-type': 'application/grpc' });
          stream.on('error', () => {}).end(framed(Buffer.alloc(0)));
          await once(stream, 'data');
        }
        const reason = await reasonOverGrpc(grpc(), watch, session);
        session.destroy();
        return reason;
      },
    },
    STREAM_NEEDS_OWN_CONNECTION: {
      connect: async () => {
        const { hostname, port, host } = new URL(service.httpUrl);
        const socket = connectTcp(Number(port), hostname);
        const content = framed(Buffer.alloc(0));
        const head = [
          `POST ${SUBSCRIBE} HTTP/1.1`,
          `host: ${host}`,
          'content-type: application/connect+proto',
          // The second response is sent after the first stream has ended.
          'connect-timeout-ms: 200',
          `authorization: ${authorization['authorization']}`,
          `content-length: ${content.length}`,
        ];
        const request = Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), content]);
        socket.write(Buffer.concat([request, request]));
        let received = '';
        let json: string | undefined;
        for await (const chunk of socket) {
          received += String(chunk);
          json = /\{"error":\{"code":"failed_precondition".*\}\}/.exec(received)?.[0];
          if (json !== undefined) break;
        }
        if (json === undefined) throw new Error(`there is no such error: ${received}`);
        return reasonOfConnect((JSON.parse(json) as { error: never }).error);
      },
    },
    UNSUPPORTED_REQUEST: {
      grpc: () =>
        reasonOverGrpc(grpc(), {
          path: GET_PRESENCE,
          headers: { ...authorization, 'grpc-encoding': 'br' },
          body: framed(Buffer.from('x'), 1),
          isFramed: false,
        }),
      connect: () =>
        reasonOverConnect(service.httpUrl, {
          path: GET_PRESENCE,
          headers: { ...authorization, 'content-encoding': 'br' },
        }),
    },
    METHOD_NOT_FOUND: {
      grpc: () => reasonOverGrpc(grpc(), { path: '/presence.v1.PresenceService/Rename' }),
    },
    SERVICE_NOT_FOUND: {
      grpc: () =>
        reasonOverGrpc(grpc(), {
          path: '/grpc.health.v1.Health/Check',
          body: Buffer.from([10, 1, 120]),
        }),
    },
    DEADLINE_EXCEEDED: {
      grpc: () =>
        reasonOverGrpc(grpc(), {
          path: SUBSCRIBE,
          headers: { ...authorization, 'grpc-timeout': '50m' },
        }),
      connect: async () => {
        const response = await fetch(service.httpUrl + SUBSCRIBE, {
          method: 'POST',
          headers: {
            ...authorization,
            'content-type': 'application/connect+proto',
            'connect-timeout-ms': '50',
          },
          body: framed(Buffer.alloc(0)),
        });
        const [json = ''] = /\{"error".*\}\}/.exec(await response.text()) ?? [];
        return reasonOfConnect((JSON.parse(json) as { error: never }).error);
      },
    },
    INTERNAL_ERROR: {
      grpc: () => {
        vi.spyOn(PresenceService.prototype, 'getPresence').mockRejectedValue(new Error('a bug'));
        return reasonOverGrpc(grpc(), validCall());
      },
      connect: () => {
        vi.spyOn(PresenceService.prototype, 'getPresence').mockRejectedValue(new Error('a bug'));
        return reasonOverConnect(service.httpUrl, validCall());
      },
    },
  };

  function validCall(): { path: string; headers: Readonly<Record<string, string>>; body: Buffer } {
    const body = Buffer.from(GetPresenceRequest.encode({ userId: 'bob' }).finish());
    return { path: GET_PRESENCE, headers: authorization, body };
  }

  const cases = Object.entries(OF_TRANSPORT).flatMap(([reason, calls]) =>
    Object.entries(calls).map(([name, call]) => ({
      reason: reason as TransportReason,
      name,
      call,
    })),
  );

  it.each(cases)('$reason reaches a client over $name', async ({ reason, call }) => {
    expect(await call()).toEqual(expected(reason));
  });

  it.each([
    ['TOKEN_MISSING', {}],
    ['TOKEN_INVALID', { authorization: 'Bearer x' }],
  ] as const)('%s reaches a client whose token is not accepted', async (reason, headers) => {
    const call = { ...validCall(), headers };
    expect(await reasonOverGrpc(grpc(), call)).toEqual(expected(reason));
    expect(await reasonOverConnect(service.httpUrl, call)).toEqual(expected(reason));
  });

  it('TOKEN_EXPIRED reaches a client whose token has expired before the call', async () => {
    const token = await tokenOf('ann', { ttlSeconds: -3600 });
    const call = { ...validCall(), headers: { authorization: `Bearer ${token}` } };
    expect(await reasonOverGrpc(grpc(), call)).toEqual(expected('TOKEN_EXPIRED'));
  });

  it('distinguishes an invalid field from bytes that are no message', async () => {
    for (const [reason, body] of [
      ['INVALID_FIELD', Buffer.alloc(0)],
      ['MALFORMED_REQUEST', Buffer.from([10, 200])],
    ] as const) {
      const call = { ...validCall(), body };
      expect(await reasonOverGrpc(grpc(), call)).toEqual(expected(reason));
      expect(await reasonOverConnect(service.httpUrl, call)).toEqual(expected(reason));
    }
  });

  it('has a type in the client library', () => {
    // The compiler reports a reason that is missing on either side.
    const known: Readonly<Record<KnownErrorReason, unknown>> = REJECTIONS;
    const served = known as Readonly<Record<ErrorReason, unknown>>;
    const reasons: readonly KnownErrorReason[] = Object.keys(served) as ErrorReason[];
    expect(reasons).toContain('SESSION_NOT_FOUND');
  });

  it('is tested here for every row of the table', () => {
    const tested = [...REJECTION_REASONS, ...Object.keys(OF_TRANSPORT)];
    expect(tested.sort()).toEqual(Object.keys(REJECTIONS).sort());
  });
});
