import { createFileRegistry, fromBinary, type DescService } from '@bufbuild/protobuf';
import {
  FileDescriptorProtoSchema,
  type DescriptorProto,
  type EnumDescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';
import type {
  EnumTypeDefinition,
  MessageTypeDefinition,
  PackageDefinition,
} from '@grpc/proto-loader';

/**
 * The files of a definition with what proto-loader leaves out, and clients need to put them together: their imports,
 * the whole names of types, and which fields are `optional`.
 */
export function fileDescriptors(definition: PackageDefinition): FileDescriptorProto[] {
  // Each type comes with all files of the definition, so that one is enough.
  const { fileDescriptorProtos } = firstType(definition);
  const files = fileDescriptorProtos.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  const names = new Set(files.flatMap(typesOf));
  for (const file of files) {
    const used = completeNames(file, names);
    file.messageType.flatMap(withNested).forEach(markOptionalFields);
    file.dependency = files
      .filter((other) => other !== file && typesOf(other).some((name) => used.has(name)))
      .map(({ name }) => name);
  }
  return files;
}

/** The services of a definition, with all that there is to know of their methods and messages. */
export function describedServices(definition: PackageDefinition): readonly DescService[] {
  const files = fileDescriptors(definition);
  return files.flatMap((file) => {
    const registry = createFileRegistry(file, (name) => files.find((other) => other.name === name));
    return [...registry].filter((type) => type.kind === 'service');
  });
}

/** One of the types of a definition, which brings the files of all of them. */
export function firstType(definition: PackageDefinition): Type {
  const type = Object.values(definition).find(isType);
  if (type === undefined) throw new Error('the contract has no messages');
  return type;
}

type Type = MessageTypeDefinition<object, object> | EnumTypeDefinition;

function isType(entry: PackageDefinition[string]): entry is Type {
  return Array.isArray(entry.fileDescriptorProtos);
}

/** The whole names of the types in a file, each with a dot before it as descriptors have them. */
function typesOf(file: FileDescriptorProto): string[] {
  return namesIn(`.${file.package}`, file.messageType, file.enumType);
}

function namesIn(
  scope: string,
  messages: readonly DescriptorProto[],
  enums: readonly EnumDescriptorProto[],
): string[] {
  return [
    ...enums.map(({ name }) => `${scope}.${name}`),
    ...messages.flatMap(({ name, nestedType, enumType }) => [
      `${scope}.${name}`,
      ...namesIn(`${scope}.${name}`, nestedType, enumType),
    ]),
  ];
}

/** Gives every type that a file uses its whole name, and returns those. */
function completeNames(file: FileDescriptorProto, names: ReadonlySet<string>): Set<string> {
  const used = new Set<string>();
  const complete = (name: string, scope: string): string => {
    const whole = resolve(name, scope, names);
    used.add(whole);
    return whole;
  };
  const completeIn = (scope: string, { name, field, nestedType }: DescriptorProto): void => {
    const inner = `${scope}.${name}`;
    for (const one of field) {
      if (one.typeName !== '') one.typeName = complete(one.typeName, inner);
    }
    for (const nested of nestedType) completeIn(inner, nested);
  };
  const scope = `.${file.package}`;
  for (const message of file.messageType) completeIn(scope, message);
  for (const method of file.service.flatMap((service) => service.method)) {
    method.inputType = complete(method.inputType, scope);
    method.outputType = complete(method.outputType, scope);
  }
  return used;
}

/** A name means the nearest of that name, looked for from the inside out. */
function resolve(name: string, scope: string, names: ReadonlySet<string>): string {
  if (name.startsWith('.')) return name;
  for (let around = scope; ; around = around.slice(0, around.lastIndexOf('.'))) {
    if (names.has(`${around}.${name}`) || around === '') return `${around}.${name}`;
  }
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
