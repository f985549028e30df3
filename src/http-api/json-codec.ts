import {
  fromBinary,
  fromJsonString,
  toBinary,
  toJsonString,
  type DescMessage,
  type DescMethod,
} from '@bufbuild/protobuf';
import type { MethodDefinition } from '@grpc/grpc-js';
import { EncodedRequest, Malformed } from '../grpc/encoded-request.js';
import { safeText } from '../text/safe-text.js';
import { EventsService } from './generated/presence/v1/events_service_pb.js';
import { PresenceService } from './generated/presence/v1/presence_service_pb.js';
import { SessionService } from './generated/presence/v1/session_service_pb.js';
import { protoCodec, type MessageCodec } from './message-codec.js';

/** The methods of the contract by the path that they are called at. */
const METHODS: ReadonlyMap<string, DescMethod> = new Map(
  [SessionService, PresenceService, EventsService].flatMap((service) =>
    service.methods.map((method) => [`/${service.typeName}/${method.name}`, method] as const),
  ),
);

/** Protobuf's JSON, by way of the bytes that the service knows. */
export function jsonCodec(method: MethodDefinition<unknown, unknown>): MessageCodec {
  const { input, output } = METHODS.get(method.path)!;
  const proto = protoCodec(method);
  return {
    request: (json) =>
      new EncodedRequest(json, (bytes) => {
        const message = proto.request(bytesOf(input, bytes)).take();
        if (message instanceof Malformed) throw message;
        return message;
      }),
    answer: (message) => sharedJsonOf(output, proto.answer(message)),
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Nothing in it is ignored: a filter that is misspelt would let everything through. */
function bytesOf(type: DescMessage, json: Buffer): Buffer {
  try {
    return Buffer.from(toBinary(type, fromJsonString(type, utf8.decode(json))));
  } catch (error) {
    // The complaint may quote what it complains of.
    throw new Malformed(`is no JSON of this type: ${safeText((error as Error).message)}`);
  }
}

const shared = new WeakMap<Buffer, Buffer>();

/** Made once for a message that many are sent: whoever is sent the same Buffer is sent the same JSON. */
function sharedJsonOf(type: DescMessage, bytes: Buffer): Buffer {
  let json = shared.get(bytes);
  if (json === undefined) {
    json = Buffer.from(toJsonString(type, fromBinary(type, bytes)));
    shared.set(bytes, json);
  }
  return json;
}
