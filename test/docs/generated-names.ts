import type { DescField, DescMessage, DescMethod } from '@bufbuild/protobuf';
import { file_presence_v1_events_service as events } from '#contract/presence/v1/events_service_pb.js';
import { file_presence_v1_moderation_service as moderation } from '#contract/presence/v1/moderation_service_pb.js';
import { file_presence_v1_presence as presence } from '#contract/presence/v1/presence_pb.js';
import { file_presence_v1_presence_service as presences } from '#contract/presence/v1/presence_service_pb.js';
import { file_presence_v1_session_service as sessions } from '#contract/presence/v1/session_service_pb.js';

const files = [presence, presences, sessions, events, moderation];
const messages = files.flatMap((file) => file.messages);
const enums = files.flatMap((file) => file.enums);
const services = files.flatMap((file) => file.services);

/** The rules by which the code generator of a language names the parts of the contract. */
interface Naming {
  readonly types: readonly string[];
  /** The name under which a program sets a field. */
  readonly field: (field: DescField) => string;
  /** Further names with which a program reads a message. */
  readonly readers: (message: DescMessage) => readonly string[];
  readonly method: (method: DescMethod) => readonly string[];
  /** The name of a value, from its name with and without the name of its enum. */
  readonly value: (name: string, short: string) => string;
}

/** The names of the contract in the generated code of a language. */
export class GeneratedNames {
  readonly types: ReadonlySet<string>;
  /** The names of all fields, methods and values, after a dot. */
  readonly members: ReadonlySet<string>;

  constructor(private readonly naming: Naming) {
    this.types = new Set(naming.types);
    this.members = new Set([
      ...messages.flatMap((message) => [
        ...message.fields.map(naming.field),
        ...naming.readers(message),
      ]),
      ...services.flatMap((service) => service.methods.flatMap(naming.method)),
      ...enums.flatMap((each) =>
        each.values.map(({ name, localName }) => naming.value(name, localName)),
      ),
    ]);
  }

  /** Returns the names under which a program sets the fields of a message. */
  fieldsOf(message: string): readonly string[] {
    const found = messages.find(({ name }) => name === message);
    if (found === undefined) throw new Error(`the contract has no message ${message}`);
    return found.fields.map(this.naming.field);
  }
}

const typeNames = [...messages, ...enums].map(({ name }) => name);

/** Kotlin uses the names of Java: `getUserId()` is the property `userId`. */
export const kotlin = new GeneratedNames({
  types: [
    ...typeNames,
    ...messages.map(({ name }) => firstLower(name)),
    ...services.map(({ name }) => `${name}GrpcKt`),
    'copy',
  ],
  field: ({ name }) => camel(name),
  readers: ({ fields, oneofs }) => [
    ...fields.filter(isList).map(({ name }) => `${camel(name)}List`),
    ...fields.filter(isMessage).map(({ name }) => `has${pascal(name)}`),
    ...oneofs.flatMap((oneof) => [
      `${camel(oneof.name)}Case`,
      `${pascal(oneof.name)}Case`,
      ...oneof.fields.map(({ name }) => name.toUpperCase()),
    ]),
    'getDefaultInstance',
  ],
  method: ({ name }) => [firstLower(name)],
  value: (name) => name,
});

export const csharp = new GeneratedNames({
  types: [...typeNames, ...services.flatMap(({ name }) => [name, `${name}Client`])],
  field: ({ name }) => pascal(name),
  readers: ({ oneofs }) =>
    oneofs.flatMap(({ name }) => [`${pascal(name)}Case`, `${pascal(name)}OneofCase`]),
  method: ({ name, methodKind }) => [methodKind === 'unary' ? `${name}Async` : name],
  value: (_, short) => pascal(short.toLowerCase()),
});

export const swift = new GeneratedNames({
  types: [...typeNames, ...services.map(({ name }) => name)].map((name) => `Presence_V1_${name}`),
  field: ({ name }) => camel(name).replace(/Id$/, 'ID'),
  readers: ({ oneofs }) => oneofs.map(({ name }) => camel(name)),
  method: ({ name }) => [firstLower(name)],
  value: (_, short) => camel(short.toLowerCase()),
});

function isList({ fieldKind }: DescField): boolean {
  return fieldKind === 'list';
}

function isMessage({ fieldKind }: DescField): boolean {
  return fieldKind === 'message';
}

function camel(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function pascal(name: string): string {
  return camel(`_${name}`);
}

function firstLower(name: string): string {
  return name[0]!.toLowerCase() + name.slice(1);
}
