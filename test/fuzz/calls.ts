import { gzipSync, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { RPCS, type Rpc } from './contract.js';
import { grpcHeaders, httpHeaders } from './headers.js';
import { jsonTextsOf } from './json-texts.js';
import { messagesOf } from './messages.js';
import { mutated } from './mutations.js';
import { GRPC, GRPC_WEB, httpProtocolsOf, type Protocol } from './protocols.js';
import type { Vocabulary } from './texts.js';
import { judge, type Verdict } from './well-formed.js';

export const CALLERS = ['ann', 'ben', 'guest', 'admin', 'nobody', 'stranger'] as const;

/** The owner of the token of a call: a user, a guest who may only watch, an admin, no token, or an invalid token. */
export type CallerName = (typeof CALLERS)[number];

/** A complete call, with headers and data. */
export interface Call {
  readonly rpc: Rpc;
  readonly protocol: Protocol;
  readonly caller: CallerName;
  readonly headers: Readonly<Record<string, string>>;
  /** The request as protobuf, if the call uses protobuf and its frames hold exactly one message. */
  readonly request: Uint8Array | undefined;
  /** The message without framing. */
  readonly content: Uint8Array;
  /** The data that is sent, including the framing. */
  readonly body: Buffer;
  readonly verdict: Verdict;
  /** Whether headers and framing conform to the protocol. */
  readonly isPlain: boolean;
}

const CALLERS_OF_OURS = fc.oneof(
  { weight: 6, arbitrary: fc.constant<CallerName>('ann') },
  { weight: 4, arbitrary: fc.constantFrom(...CALLERS) },
);

/** Health and reflection need no token. */
const CALLERS_OF_OTHERS = fc.oneof(
  fc.constant<CallerName>('nobody'),
  fc.constantFrom<CallerName>('ann', 'stranger'),
);

/** Generates calls of every RPC with every kind of request, over every protocol. */
export function callsOf(vocabulary: Vocabulary): fc.Arbitrary<Call> {
  return fc.oneof(...RPCS.map((rpc) => callsOfRpc(rpc, vocabulary)));
}

function callsOfRpc(rpc: Rpc, vocabulary: Vocabulary): fc.Arbitrary<Call> {
  const messages = messagesOf(rpc.request, vocabulary);
  const random = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
  const requests = fc.oneof(
    { weight: 5, arbitrary: messages },
    { weight: 4, arbitrary: mutated(messages) },
    { weight: 1, arbitrary: random },
  );
  const callers = rpc.isOurs ? CALLERS_OF_OURS : CALLERS_OF_OTHERS;
  const binaryOver = (protocol: Protocol): fc.Arbitrary<Call> =>
    fc.tuple(requests, callers).map(([request, caller]) => ({
      ...{ rpc, protocol, caller, request, content: request },
      ...{ headers: {}, body: bodyOver(protocol, request), isPlain: true },
      verdict: judge(rpc.request, request),
    }));
  const odd = (
    plain: fc.Arbitrary<Call>,
    headers: fc.Arbitrary<Record<string, string>>,
  ): fc.Arbitrary<Call> =>
    fc.tuple(plain, bodies, headers).map(([call, reframed, more]) => ({
      ...call,
      ...{ request: undefined, isPlain: false },
      ...{ headers: more, body: reframed(call.content) },
    }));
  const grpc = binaryOver(GRPC);
  // The other protocols serve only the methods of the contract.
  if (!rpc.isOurs) {
    const elsewhere = odd(grpc, httpHeaders).map((call) => ({ ...call, protocol: GRPC_WEB }));
    return fc.oneof(
      { weight: 6, arbitrary: grpc },
      { weight: 2, arbitrary: odd(grpc, grpcHeaders) },
      { weight: 1, arbitrary: elsewhere },
    );
  }
  const json = jsonTextsOf(rpc.request, vocabulary);
  const jsonOver = (protocol: Protocol): fc.Arbitrary<Call> =>
    fc.tuple(json, callers).map(([{ bytes, verdict }, caller]) => ({
      ...{ rpc, protocol, caller, verdict, request: undefined, content: bytes },
      ...{ headers: {}, body: bodyOver(protocol, bytes), isPlain: true },
    }));
  const protocols = httpProtocolsOf(rpc);
  const http = fc.oneof(
    ...protocols.map((protocol) => ({
      weight: protocol.isJson ? 3 : 1,
      arbitrary: protocol.isJson ? jsonOver(protocol) : binaryOver(protocol),
    })),
  );
  return fc.oneof(
    { weight: 4, arbitrary: grpc },
    { weight: 1, arbitrary: odd(grpc, grpcHeaders) },
    { weight: 4, arbitrary: http },
    { weight: 1, arbitrary: odd(http, httpHeaders) },
  );
}

function bodyOver({ isEnveloped }: Protocol, message: Uint8Array): Buffer {
  return isEnveloped ? framed(message) : Buffer.from(message);
}

type Framing = (message: Uint8Array) => Buffer;

const flags = fc.oneof(fc.constantFrom(0, 1, 2, 255), fc.nat(255));

const lengths = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map((off) => (length: number) => Math.max(0, length + off)),
  fc
    .constantFrom(0, 8 * 1024 * 1024, 8 * 1024 * 1024 + 1, 2 ** 31, 2 ** 32 - 1)
    .map((fixed) => () => fixed),
);

/** Ways to frame a message, most of them wrong. */
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
  // Data that is small until it is decompressed.
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

function framed(message: Uint8Array, flag = 0, length = message.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

const ZIPPED_ZEROS = framed(gzipSync(Buffer.alloc(9 * 1024 * 1024)), 1);
