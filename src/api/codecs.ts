import { fileURLToPath } from 'node:url';
import type { DescMessage } from '@bufbuild/protobuf';
import type { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import type { MethodDefinition } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import { protoPath as healthProtoPath } from 'grpc-health-check';
import { describedServices } from '../transport/grpc/descriptors.js';
import * as events from './generated/presence/v1/events_service.pb.js';
import * as presence from './generated/presence/v1/presence_service.pb.js';
import * as session from './generated/presence/v1/session_service.pb.js';
import { LazyRequest } from '../transport/call/lazy-request.js';
import { MessageWriter } from './message-writer.js';
import { requestDecoder } from '../transport/call/request-decoder.js';
import { requestLimitOf } from './request-limits.js';

const PROTO_FOLDER = fileURLToPath(new URL('../../proto', import.meta.url));

/** A generated message type, of which the transport needs just this. */
interface Codec<Message = never> {
  encode(message: Message, writer: BinaryWriter): BinaryWriter;
  decode(bytes: BinaryReader): unknown;
}

/** Every message of the contract by its name, as its module spells it. */
const CODECS = { ...events, ...presence, ...session } as unknown as Readonly<Record<string, Codec>>;

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
  for (const { typeName, methods } of describedServices(definition)) {
    if (!typeName.startsWith('presence.v1.')) continue;
    const service = definition[typeName] as ServiceDefinition;
    for (const { name, input } of methods) useGeneratedCodecs(name, service[name]!, input);
  }
  return definition;
}

function useGeneratedCodecs(
  rpc: string,
  method: MethodDefinition<object, object>,
  input: DescMessage,
): void {
  const request = CODECS[`${rpc}Request`];
  const response = CODECS[`${rpc}Response`];
  if (request === undefined || response === undefined) throw new Error(`no codec for ${rpc}`);
  const decode = (reader: BinaryReader): object => request.decode(reader) as object;
  const decoder = requestDecoder(input, requestLimitOf(method.path), decode);
  method.requestDeserialize = (bytes) => new LazyRequest(bytes, decoder);
  method.responseSerialize = (message) =>
    Buffer.isBuffer(message) ? message : encoded(response, message as never);
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
