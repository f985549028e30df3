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

/** The part of a generated message type that the transport uses. */
interface Codec<Message = never> {
  encode(message: Message, writer: BinaryWriter): BinaryWriter;
  decode(bytes: BinaryReader): unknown;
}

/** The messages of the contract, by the name in their generated module. */
const CODECS = { ...events, ...presence, ...session } as unknown as Readonly<Record<string, Codec>>;

/**
 * Loads the contract for grpc-js, with the descriptors that reflection needs, and replaces the codecs of proto-loader
 * by the faster generated ones. A response that is already a Buffer is sent unchanged.
 */
export function loadPackageDefinition(): PackageDefinition {
  const definition = loadSync(
    [
      ...['session', 'presence', 'events'].map((name) => `presence/v1/${name}_service.proto`),
      healthProtoPath,
    ],
    // Reflection needs the names as spelled in the contract.
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

/** Encodes a message. */
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
