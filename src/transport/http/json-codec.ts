import {
  fromBinary,
  fromJsonString,
  toBinary,
  toJsonString,
  type DescMessage,
} from '@bufbuild/protobuf';
import type { DescribedMethod } from '../call/handler.js';
import { LazyRequest, MalformedMessageError, type RequestDecoder } from '../call/lazy-request.js';
import { oneByOne, LoopSlices } from '../call/loop-slices.js';
import { safeText } from '../../text/safe-text.js';
import { JsonPieces } from './json-pieces.js';
import { protoCodec, type MessageCodec } from './message-codec.js';

/**
 * The maximum size of a JSON request in bytes; 10,000 ids of 128 letters need 1.4 MB. Larger requests can use the
 * binary encoding, which costs a fifth of the time.
 */
export const MAX_JSON_BYTES = 2 * 1024 * 1024;

/** The number of bytes of JSON that are scanned before yielding to the event loop, about two milliseconds. */
const READ_PER_SLICE = 64 * 1024;

/**
 * Creates a codec for the JSON encoding of protobuf. It converts JSON to and from the wire format that the handlers
 * use.
 */
export function jsonCodec(
  method: DescribedMethod,
  newSlices: () => LoopSlices = () => new LoopSlices(),
): MessageCodec {
  const { input, output } = method.descriptor;
  const proto = protoCodec(method);
  const decoder: RequestDecoder = {
    decode: (json) => {
      // This checks the limits of `JsonPieces`.
      new JsonPieces(json).readTo(json.length);
      return orThrow(proto.request(bytesOf(input, textOf(json))).peek());
    },
    decodeInSlices: async (json) => {
      const bytes = await oneByOne(() => bytesInSlices(input, json, newSlices()));
      return orThrow(await proto.request(bytes).consume());
    },
  };
  return {
    request: (json) => new LazyRequest(json, decoder),
    response: (message) => sharedJsonOf(output, proto.response(message)),
  };
}

function orThrow(message: object): object {
  if (message instanceof MalformedMessageError) throw message;
  return message;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
/** A byte order mark inside a request is invalid, so this decoder keeps it and the JSON parser rejects it. */
const utf8Within = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(json: Buffer, decoder = utf8): string {
  return orMalformed(() => decoder.decode(json));
}

/** Converts a large JSON request to the wire format, and yields to the event loop after each piece. */
async function bytesInSlices(type: DescMessage, json: Buffer, slices: LoopSlices): Promise<Buffer> {
  const pieces = new JsonPieces(json);
  for (let end = 0; end < json.length;) {
    end = Math.min(end + READ_PER_SLICE, json.length);
    pieces.readTo(end);
    await slices.next();
  }
  const [first, ...others] = pieces.finish();
  const messages = [bytesOf(type, textOf(first!))];
  for (const piece of others) {
    await slices.next();
    messages.push(bytesOf(type, textOf(piece, utf8Within)));
  }
  return Buffer.concat(messages);
}

/** Converts JSON to the wire format. Unknown fields are an error, because a misspelt filter would match everything. */
function bytesOf(type: DescMessage, text: string): Buffer {
  return orMalformed(() => Buffer.from(toBinary(type, fromJsonString(type, text))));
}

function orMalformed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    // The error message may quote the invalid text.
    throw new MalformedMessageError(
      `is not valid JSON of this type: ${safeText((error as Error).message)}`,
    );
  }
}

const shared = new WeakMap<Buffer, Buffer>();

/**
 * Returns the JSON of a message. The same Buffer always gives the same JSON, so a message for many subscribers is
 * converted once.
 */
function sharedJsonOf(type: DescMessage, bytes: Buffer): Buffer {
  let json = shared.get(bytes);
  if (json === undefined) {
    json = Buffer.from(toJsonString(type, fromBinary(type, bytes)));
    shared.set(bytes, json);
  }
  return json;
}
