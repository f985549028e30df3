import { fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  FileDescriptorProtoSchema,
  type DescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';
import type { Server } from '@grpc/grpc-js';
import type {
  EnumTypeDefinition,
  MessageTypeDefinition,
  PackageDefinition,
} from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';

/** Adds `grpc.reflection.v1` and `v1alpha`: tools such as grpcurl learn the contract from the server. */
export function addReflection(server: Server, definition: PackageDefinition): void {
  // Each type comes with all files of the definition, so that one is enough.
  const type = Object.values(definition).find(isType);
  if (type === undefined) throw new Error('the contract has no messages');
  const whole = { ...type, fileDescriptorProtos: mend(type.fileDescriptorProtos) };
  new ReflectionService({ whole }).addToServer(server);
}

type Type = MessageTypeDefinition<object, object> | EnumTypeDefinition;

function isType(entry: PackageDefinition[string]): entry is Type {
  return Array.isArray(entry.fileDescriptorProtos);
}

/**
 * The files with what proto-loader leaves out: their imports, without which no client can put them together, and
 * which fields are `optional`.
 */
function mend(encoded: readonly Buffer[]): Buffer[] {
  const files = encoded.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  for (const file of files) {
    const messages = file.messageType.flatMap(withNested);
    messages.forEach(markOptionalFields);
    const types = messages.flatMap(({ field }) => field.map(({ typeName }) => typeName));
    file.dependency = files
      .filter((other) => other !== file && types.some((type) => isOf(other, type)))
      .map(({ name }) => name);
  }
  return files.map((file) => Buffer.from(toBinary(FileDescriptorProtoSchema, file)));
}

function isOf(file: FileDescriptorProto, type: string): boolean {
  return type.replace(/^[.]/, '').startsWith(`${file.package}.`);
}

function withNested(message: DescriptorProto): DescriptorProto[] {
  return [message, ...message.nestedType.flatMap(withNested)];
}

/** Protobuf writes an `optional` field as the only one of a oneof whose name begins with `_`. */
function markOptionalFields({ field: fields, oneofDecl }: DescriptorProto): void {
  for (const field of fields) {
    // The index is zero for a field of no oneof, too; then the names differ.
    const oneof = oneofDecl[field.oneofIndex];
    if (oneof?.name === `_${field.name}`) field.proto3Optional = true;
  }
}
