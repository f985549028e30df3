import { gzipSync, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { RPCS, type Rpc } from './contract.js';
import { messagesOf } from './messages.js';
import { mutated } from './mutations.js';
import type { Vocabulary } from './texts.js';
import { judge, type Verdict } from './well-formed.js';

export const CALLERS = ['ann', 'ben', 'admin', 'nobody', 'stranger'] as const;

/** Whose token a call carries: a user's, none, or one that is not good. */
export type CallerName = (typeof CALLERS)[number];

/** One call, from its headers to its last byte. */
export interface Call {
  readonly rpc: Rpc;
  readonly caller: CallerName;
  readonly headers: Readonly<Record<string, string>>;
  /** The request, if the frames hold exactly one. */
  readonly request: Uint8Array | undefined;
  /** What is sent as data, frames and all. */
  readonly body: Buffer;
  readonly verdict: Verdict;
  /** Whether headers and frames are as gRPC wants them. */
  readonly isPlain: boolean;
}

const callers = fc.oneof(
  { weight: 6, arbitrary: fc.constant<CallerName>('ann') },
  { weight: 4, arbitrary: fc.constantFrom(...CALLERS) },
);

/** Every RPC with every kind of request. */
export function callsOf(vocabulary: Vocabulary): fc.Arbitrary<Call> {
  return fc.oneof(
    ...RPCS.map((rpc) => {
      const messages = messagesOf(rpc.request, vocabulary);
      const random = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
      const requests = fc.oneof(
        { weight: 5, arbitrary: messages },
        { weight: 4, arbitrary: mutated(messages) },
        { weight: 1, arbitrary: random },
      );
      const plain = fc.tuple(requests, callers).map(([request, caller]): Call => ({
        ...{ rpc, caller, request },
        ...{ headers: {}, body: framed(request), isPlain: true },
        verdict: judge(rpc.request, request),
      }));
      const odd = fc.tuple(plain, bodies, headers).map(([call, body, more]): Call => ({
        ...call,
        ...{ request: undefined, isPlain: false },
        ...{ headers: more, body: body(call.request!) },
      }));
      return fc.oneof({ weight: 4, arbitrary: plain }, { weight: 1, arbitrary: odd });
    }),
  );
}

type Framing = (message: Uint8Array) => Buffer;

const flags = fc.oneof(fc.constantFrom(0, 1, 2, 255), fc.nat(255));

const lengths = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map((off) => (length: number) => Math.max(0, length + off)),
  fc
    .constantFrom(0, 8 * 1024 * 1024, 8 * 1024 * 1024 + 1, 2 ** 31, 2 ** 32 - 1)
    .map((fixed) => () => fixed),
);

/** Ways to put a message into frames, most of them wrong. */
const bodies: fc.Arbitrary<Framing> = fc.oneof(
  fc.constant<Framing>((message) => framed(message)),
  fc.tuple(flags, lengths).map(
    ([flag, length]): Framing =>
      (message) =>
        framed(message, flag, length(message.length)),
  ),
  fc.constantFrom(gzipSync, deflateSync).map(
    (zip): Framing =>
      (message) =>
        framed(zip(message), 1),
  ),
  fc.constant<Framing>((message) => framed(gzipSync(message).subarray(0, -5), 1)),
  // What is small until it is unpacked.
  fc.constant<Framing>(() => ZIPPED_ZEROS),
  fc.integer({ min: 0, max: 3 }).map(
    (times): Framing =>
      (message) =>
        Buffer.concat(new Array<Buffer>(times).fill(framed(message))),
  ),
  fc.uint8Array({ maxLength: 9 }).map(
    (bytes): Framing =>
      (message) =>
        Buffer.concat([framed(message), bytes]),
  ),
  fc.uint8Array({ maxLength: 9 }).map(
    (bytes): Framing =>
      () =>
        Buffer.from(bytes),
  ),
);

const headerTexts = fc.oneof(
  fc.constantFrom('', ' ', ',', '\x80\xff', 'a,b', '%00', '"', '=', 'x'.repeat(4000)),
  fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    maxLength: 20,
  }),
);

const oneHeader = fc.oneof(
  named(
    'grpc-timeout',
    fc.oneof(
      headerTexts,
      fc.constantFrom(
        '0n',
        '1n',
        '1S',
        '99999999H',
        '99999999S',
        '100000000S',
        '-1S',
        '1',
        'S',
        '1s',
        '1.5S',
        '1S1S',
        '00000001S',
        '1 S',
        'NaNS',
        '2147484S',
      ),
    ),
  ),
  named(
    'grpc-encoding',
    fc.oneof(
      headerTexts,
      fc.constantFrom('identity', 'gzip', 'deflate', 'br', 'gzip, gzip', 'GZIP'),
    ),
  ),
  named(
    'content-type',
    fc.oneof(
      headerTexts,
      fc.constantFrom(
        'application/grpc',
        'application/grpc+json',
        'application/grpc-web',
        'application/grpcx',
        'application/json',
        'text/plain',
      ),
    ),
  ),
  named(
    'authorization',
    fc.oneof(
      headerTexts,
      fc.constantFrom(
        'Bearer',
        'Bearer ',
        'bearer  x',
        'Basic YTpi',
        'Bearer a.b.c',
        'Bearer x, Bearer y',
      ),
    ),
  ),
  named(':method', fc.constantFrom('GET', 'PUT', 'HEAD', 'OPTIONS', 'DELETE', 'PATCH', 'post')),
  named(
    ':path',
    fc.oneof(
      headerTexts,
      fc.constantFrom(
        '/',
        '*',
        '/presence.v1.SessionService/',
        '/presence.v1.SessionService/connect',
        '//Connect',
        '/presence.v1.SessionService/Connect?x=1',
        '/presence.v1.SessionService/Connect/',
        '/constructor',
        '/__proto__',
        '/' + 'x'.repeat(5000),
      ),
    ),
  ),
  named(':authority', headerTexts),
  named(
    'te',
    headerTexts.map(() => 'trailers'),
  ),
  named('user-agent', headerTexts),
  named('x-anything', headerTexts),
  named('x-anything-bin', headerTexts),
  named('grpc-status-details-bin', headerTexts),
  named('grpc-status', headerTexts),
  named('grpc-message', headerTexts),
  named('grpc-accept-encoding', headerTexts),
  named('grpc-trace-bin', headerTexts),
  named('content-length', fc.constantFrom('0', '5')),
);

const headers = fc
  .array(oneHeader, { maxLength: 3 })
  .map((all): Record<string, string> =>
    Object.fromEntries(all.flatMap((one) => Object.entries(one))),
  );

function named(name: string, values: fc.Arbitrary<string>): fc.Arbitrary<Record<string, string>> {
  return values.map((value) => ({ [name]: value }));
}

function framed(message: Uint8Array, flag = 0, length = message.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

const ZIPPED_ZEROS = framed(gzipSync(Buffer.alloc(9 * 1024 * 1024)), 1);
