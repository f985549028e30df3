// The contract in proto/presence/v1 with its comments, for the scripts that print its documentation.
import { readFileSync } from 'node:fs';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

export const PACKAGE = 'presence.v1';
/** Field numbers of google/protobuf/descriptor.proto. The path to a comment consists of them. */
const IN_FILE = { package: 2, messages: 4, enums: 5, services: 6 };
const IN_MESSAGE = { fields: 2, oneofs: 8 };
const MEMBERS = 2;

/** Reads the files of the contract from a file that `buf build` wrote. */
export function readContract(path) {
  const set = fromBinary(FileDescriptorSetSchema, readFileSync(path));
  return [...createFileRegistry(set).files].filter(({ proto }) => proto.package === PACKAGE);
}

/** Yields the comment of each element in a file, by its full name. */
export function* commentsIn(file) {
  const texts = new Map(
    file.proto.sourceCodeInfo.location.map((at) => [at.path.join(), at.leadingComments]),
  );
  const textAt = (...path) => texts.get(path.join())?.replaceAll(/^ /gm, '').trim();
  const packageComment = textAt(IN_FILE.package);
  if (packageComment) yield [PACKAGE, packageComment];
  for (const [i, service] of file.services.entries()) {
    yield [service.typeName, textAt(IN_FILE.services, i)];
    for (const [j, method] of service.methods.entries()) {
      yield [nameOf(method), textAt(IN_FILE.services, i, MEMBERS, j)];
    }
  }
  for (const [i, message] of file.messages.entries()) {
    yield [message.typeName, textAt(IN_FILE.messages, i)];
    for (const [j, field] of message.fields.entries()) {
      yield [nameOf(field), textAt(IN_FILE.messages, i, IN_MESSAGE.fields, j)];
    }
    for (const [j, oneof] of message.oneofs.entries()) {
      yield [nameOf(oneof), textAt(IN_FILE.messages, i, IN_MESSAGE.oneofs, j)];
    }
  }
  for (const [i, type] of file.enums.entries()) {
    yield [type.typeName, textAt(IN_FILE.enums, i)];
    for (const [j, value] of type.values.entries()) {
      yield [nameOf(value), textAt(IN_FILE.enums, i, MEMBERS, j)];
    }
  }
}

/** Returns the full name of a field, an enum value, a oneof or a method. */
export function nameOf({ parent, name }) {
  return `${parent.typeName}.${name}`;
}
