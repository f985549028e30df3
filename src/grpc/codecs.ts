import { fileURLToPath } from 'node:url';
import { BinaryReader, type BinaryWriter } from '@bufbuild/protobuf/wire';
import type { MethodDefinition } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { protoPath as healthProtoPath } from 'grpc-health-check';
import * as events from './generated/presence/v1/events_service.pb.js';
import * as presence from './generated/presence/v1/presence_service.pb.js';
import * as session from './generated/presence/v1/session_service.pb.js';
import { MessageWriter } from './message-writer.js';

const PROTO_FOLDER = fileURLToPath(new URL('../../proto', import.meta.url));

/** A generated message type, of which the transport needs just this. */
interface Codec<Message = never> {
  encode(message: Message, writer: BinaryWriter): BinaryWriter;
  decode(bytes: BinaryReader): unknown;
}

/** Every message of the contract by its name, as its module spells it. */
const CODECS = { ...events, ...presence, ...session } as unknown as Readonly<Record<string, Codec>>;

/** Stands for a request whose bytes are no message. grpc-js would answer INTERNAL to a decoder that throws. */
class Malformed {}

export function isMalformed(request: unknown): boolean {
  return request instanceof Malformed;
}

/**
 * The contract as grpc-js wants it, with the descriptors that reflection needs, and the generated codecs in place of
 * the slower ones that read them. A response that is a Buffer already is sent as it is.
 */
export function loadPackageDefinition(): PackageDefinition {
  const definition = loadSync(
    [
      ...['session', 'presence', 'events'].map((name) => `presence/v1/${name}_service.proto`),
      healthProtoPath,
    ],
    // Names as in the contract, for reflection.
    { includeDirs: [PROTO_FOLDER], keepCase: true },
  );
  for (const [name, service] of Object.entries(definition)) {
    if (!name.startsWith('presence.v1.') || 'format' in service) continue;
    for (const [rpc, method] of Object.entries(service)) useGeneratedCodecs(rpc, method);
  }
  return definition;
}

function useGeneratedCodecs(rpc: string, method: MethodDefinition<object, object>): void {
  const request = CODECS[`${rpc}Request`];
  const response = CODECS[`${rpc}Response`];
  if (request === undefined || response === undefined) throw new Error(`no codec for ${rpc}`);
  method.requestDeserialize = (bytes) => {
    try {
      return request.decode(new BinaryReader(bytes, decodeUtf8)) as object;
    } catch {
      return new Malformed();
    }
  };
  method.responseSerialize = (message) =>
    Buffer.isBuffer(message) ? message : encoded(response, message as never);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text that is no UTF-8 makes a message malformed. Replaced characters would make one id of two. */
function decodeUtf8(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

let writer = new MessageWriter();

/** The bytes of a message. */
export function encoded<Message>(codec: Codec<Message>, message: Message): Buffer {
  try {
    codec.encode(message, writer);
    return writer.finish();
  } catch (error) {
    // It holds half a message, with which the next one would begin.
    writer = new MessageWriter();
    throw error;
  }
}
