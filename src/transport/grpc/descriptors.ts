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
 * Returns the file descriptors of a definition, and adds the parts that proto-loader omits and clients need: imports,
 * fully qualified type names, and the `optional` mark of fields.
 */
export function fileDescriptors(definition: PackageDefinition): FileDescriptorProto[] {
  // Each type holds all files of the definition, so one type is enough.
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

/** Returns the services of a definition, with full descriptors of their methods and messages. */
export function describedServices(definition: PackageDefinition): readonly DescService[] {
  const files = fileDescriptors(definition);
  return files.flatMap((file) => {
    const registry = createFileRegistry(file, (name) => files.find((other) => other.name === name));
    return [...registry].filter((type) => type.kind === 'service');
  });
}

/** Returns the first type of a definition. Each type holds the files of all types. */
export function firstType(definition: PackageDefinition): Type {
  const type = Object.values(definition).find(isType);
  if (type === undefined) throw new Error('the contract has no messages');
  return type;
}

type Type = MessageTypeDefinition<object, object> | EnumTypeDefinition;

function isType(entry: PackageDefinition[string]): entry is Type {
  return Array.isArray(entry.fileDescriptorProtos);
}

/** Returns the fully qualified names of the types in a file. Each starts with a dot, as in descriptors. */
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

/** Replaces the name of every type that a file uses by its fully qualified name, and returns these names. */
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

/** Resolves a type name: the scopes are searched from the innermost to the outermost. */
function resolve(name: string, scope: string, names: ReadonlySet<string>): string {
  if (name.startsWith('.')) return name;
  for (let around = scope; ; around = around.slice(0, around.lastIndexOf('.'))) {
    if (names.has(`${around}.${name}`) || around === '') return `${around}.${name}`;
  }
}

function withNested(message: DescriptorProto): DescriptorProto[] {
  return [message, ...message.nestedType.flatMap(withNested)];
}

/** Marks `optional` fields. Protobuf encodes such a field as the only field of a oneof whose name begins with `_`. */
function markOptionalFields({ field: fields, oneofDecl }: DescriptorProto): void {
  for (const field of fields) {
    // The index is also zero for a field without a oneof; the names differ in that case.
    const oneof = oneofDecl[field.oneofIndex];
    if (oneof?.name === `_${field.name}`) field.proto3Optional = true;
  }
}
