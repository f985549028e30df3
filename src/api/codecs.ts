import { fromBinary, toBinary, type DescMethod } from '@bufbuild/protobuf';
import { type BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { EventsService } from '#contract/presence/v1/events_service_pb.js';
import { ModerationService } from '#contract/presence/v1/moderation_service_pb.js';
import { PresenceService } from '#contract/presence/v1/presence_service_pb.js';
import { SessionService } from '#contract/presence/v1/session_service_pb.js';
import * as events from './generated/presence/v1/events_service.pb.js';
import * as moderation from './generated/presence/v1/moderation_service.pb.js';
import * as presence from './generated/presence/v1/presence_service.pb.js';
import * as session from './generated/presence/v1/session_service.pb.js';
import type { DescribedMethod, PackageDefinition } from '../transport/call/handler.js';
import { LazyRequest } from '../transport/call/lazy-request.js';
import { requestDecoder } from '../transport/call/request-decoder.js';
import { requestLimitOf } from './request-limits.js';

/** The services of the contract. Their descriptors come from the generated code. */
export const SERVICES = [
  SessionService,
  PresenceService,
  EventsService,
  ModerationService,
] as const;

/** The part of a generated message type that the transport uses. */
interface Codec<Message = never> {
  encode(message: Message, writer: BinaryWriter): BinaryWriter;
  decode(bytes: BinaryReader): unknown;
}

/** The messages of the contract, by the name in their generated module. */
const CODECS = { ...events, ...moderation, ...presence, ...session } as unknown as Readonly<
  Record<string, Codec>
>;

/**
 * Returns the contract in the form that grpc-js and Nest need. A response that is already a Buffer is sent unchanged.
 */
export function packageDefinition(): PackageDefinition {
  return Object.fromEntries(
    SERVICES.map(({ typeName, methods }) => [
      typeName,
      Object.fromEntries(methods.map((method) => [method.name, methodDefinition(method)])),
    ]),
  );
}

function methodDefinition(descriptor: DescMethod): DescribedMethod {
  const { name, localName, methodKind, input, output } = descriptor;
  const path = `/${descriptor.parent.typeName}/${name}`;
  const request = CODECS[`${name}Request`];
  const response = CODECS[`${name}Response`];
  if (request === undefined || response === undefined) throw new Error(`no codec for ${name}`);
  const decode = (reader: BinaryReader): object => request.decode(reader) as object;
  const decoder = requestDecoder(input, requestLimitOf(path), decode);
  return {
    descriptor,
    path,
    // The name of the method in its controller, by which Nest finds it.
    originalName: localName,
    requestStream: methodKind === 'client_streaming' || methodKind === 'bidi_streaming',
    responseStream: methodKind === 'server_streaming' || methodKind === 'bidi_streaming',
    requestDeserialize: (bytes) => new LazyRequest(bytes, decoder),
    responseSerialize: (message) =>
      Buffer.isBuffer(message) ? message : encoded(response, message as never),
    // The type of grpc-js includes the client side.
    requestSerialize: (message) => Buffer.from(toBinary(input, message as never)),
    responseDeserialize: (bytes) => fromBinary(output, bytes),
  };
}

/** The private members of the writer of protobuf-es. */
interface Internals {
  readonly buffer: Uint8Array;
  pos: number;
}

/**
 * A writer that is reused for many messages, and allocates them from the buffer pool of Node. protobuf-es allocates
 * separate memory for each message, which costs about as much as the encoding.
 */
class MessageWriter extends BinaryWriter {
  override finish(): Buffer<ArrayBuffer> {
    const internals = this as unknown as Internals;
    const message = Buffer.allocUnsafe(internals.pos);
    message.set(internals.buffer.subarray(0, internals.pos));
    internals.pos = 0;
    return message;
  }
}

let writer = new MessageWriter();

/** Encodes a message. One writer serves all messages, because a new one would allocate memory for each of them. */
export function encoded<Message>(codec: Codec<Message>, message: Message): Buffer {
  try {
    codec.encode(message, writer);
    return writer.finish();
  } catch (error) {
    // The writer holds a part of the failed message, which would become the beginning of the next one.
    writer = new MessageWriter();
    throw error;
  }
}
