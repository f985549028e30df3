import {
  fromBinary,
  fromJsonString,
  toBinary,
  toJsonString,
  type DescMessage,
  type DescMethod,
} from '@bufbuild/protobuf';
import type { MethodDefinition } from '@grpc/grpc-js';
import { LazyRequest, MalformedMessageError, type RequestDecoder } from '../call/lazy-request.js';
import { oneByOne, Turns } from '../call/loop-slices.js';
import { safeText } from '../../text/safe-text.js';
import { EventsService } from '../../api/generated-es/presence/v1/events_service_pb.js';
import { PresenceService } from '../../api/generated-es/presence/v1/presence_service_pb.js';
import { SessionService } from '../../api/generated-es/presence/v1/session_service_pb.js';
import { JsonPieces } from './json-pieces.js';
import { protoCodec, type MessageCodec } from './message-codec.js';

/** The methods of the contract by the path that they are called at. */
const METHODS: ReadonlyMap<string, DescMethod> = new Map(
  [SessionService, PresenceService, EventsService].flatMap((service) =>
    service.methods.map((method) => [`/${service.typeName}/${method.name}`, method] as const),
  ),
);

/**
 * How many bytes a request in JSON may have; ten thousand ids of 128 letters have 1.4 MB. What is larger can be sent in the
 * binary form, which costs a fifth.
 */
export const MAX_JSON_BYTES = 2 * 1024 * 1024;

/** How many bytes of JSON are looked through in one turn: some two milliseconds. */
const READ_PER_TURN = 64 * 1024;

/** Protobuf's JSON, by way of the bytes that the service knows. */
export function jsonCodec(
  method: MethodDefinition<unknown, unknown>,
  turns: () => Turns = () => new Turns(),
): MessageCodec {
  const { input, output } = METHODS.get(method.path)!;
  const proto = protoCodec(method);
  const decoder: RequestDecoder = {
    decode: (json) => {
      // Counts what is in it.
      new JsonPieces(json).readTo(json.length);
      return orThrow(proto.request(bytesOf(input, textOf(json))).peek());
    },
    decodeInTurns: async (json) => {
      const bytes = await oneByOne(() => bytesInTurns(input, json, turns()));
      return orThrow(await proto.request(bytes).consume());
    },
  };
  return {
    request: (json) => new LazyRequest(json, decoder),
    answer: (message) => sharedJsonOf(output, proto.answer(message)),
  };
}

function orThrow(message: object): object {
  if (message instanceof MalformedMessageError) throw message;
  return message;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
/** Within a request a byte order mark is no JSON. */
const utf8Within = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(json: Buffer, decoder = utf8): string {
  return orMalformed(() => decoder.decode(json));
}

/** The bytes of a large request, with a turn for others after each piece. */
async function bytesInTurns(type: DescMessage, json: Buffer, turn: Turns): Promise<Buffer> {
  const pieces = new JsonPieces(json);
  for (let end = 0; end < json.length;) {
    end = Math.min(end + READ_PER_TURN, json.length);
    pieces.readTo(end);
    await turn.next();
  }
  const [first, ...others] = pieces.finish();
  const messages = [bytesOf(type, textOf(first!))];
  for (const piece of others) {
    await turn.next();
    messages.push(bytesOf(type, textOf(piece, utf8Within)));
  }
  return Buffer.concat(messages);
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
    throw new MalformedMessageError(
      `is no JSON of this type: ${safeText((error as Error).message)}`,
    );
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
