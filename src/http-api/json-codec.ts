import { setImmediate as turn } from 'node:timers/promises';
import {
  fromBinary,
  fromJsonString,
  toBinary,
  toJsonString,
  type DescMessage,
  type DescMethod,
} from '@bufbuild/protobuf';
import type { MethodDefinition } from '@grpc/grpc-js';
import { EncodedRequest, Malformed, type RequestDecoder } from '../grpc/encoded-request.js';
import { oneByOne } from '../grpc/turns.js';
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

/**
 * How many bytes a request in JSON may have. It is parsed at once, which takes some milliseconds for as much; ten thousand
 * ids of 128 letters have 1.4 MB. What is larger can be sent in the binary form.
 */
export const MAX_JSON_BYTES = 2 * 1024 * 1024;

/** How many values a request in JSON may have: more than the longest lists of the contract together. */
const MAX_JSON_VALUES = 12_000;

/** Protobuf's JSON, by way of the bytes that the service knows. */
export function jsonCodec(method: MethodDefinition<unknown, unknown>): MessageCodec {
  const { input, output } = METHODS.get(method.path)!;
  const proto = protoCodec(method);
  const decoder: RequestDecoder = {
    decode: (json) => orThrow(proto.request(bytesOf(input, textOf(json))).peek()),
    decodeInTurns: async (json) => {
      const bytes = await oneByOne(async () => {
        const text = textOf(json);
        await turn();
        return bytesOf(input, text);
      });
      return orThrow(await proto.request(bytes).take());
    },
  };
  return {
    request: (json) => new EncodedRequest(json, decoder),
    answer: (message) => sharedJsonOf(output, proto.answer(message)),
  };
}

function orThrow(message: object): object {
  if (message instanceof Malformed) throw message;
  return message;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function textOf(json: Buffer): string {
  requireFewValues(json);
  return orMalformed(() => utf8.decode(json));
}

/** Nothing in it is ignored: a filter that is misspelt would let everything through. */
function bytesOf(type: DescMessage, text: string): Buffer {
  return orMalformed(() => Buffer.from(toBinary(type, fromJsonString(type, text))));
}

function orMalformed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    // The complaint may quote what it complains of.
    throw new Malformed(`is no JSON of this type: ${safeText((error as Error).message)}`);
  }
}

const [QUOTE, BACKSLASH, COMMA, BRACKET, BRACE] = Buffer.from('"\\,[{');

/** Throws when there are more values in it than in any request, before objects are made of them. */
function requireFewValues(json: Buffer): void {
  let values = 0;
  let isText = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i];
    if (isText && byte === BACKSLASH) i++;
    else if (byte === QUOTE) isText = !isText;
    else if (!isText && (byte === COMMA || byte === BRACKET || byte === BRACE)) {
      if (++values > MAX_JSON_VALUES) throw new Malformed('is of more values than any request');
    }
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
