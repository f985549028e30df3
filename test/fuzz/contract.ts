import { createRequire } from 'node:module';
import {
  createFileRegistry,
  fromBinary,
  type DescMessage,
  type DescMethod,
  type DescService,
} from '@bufbuild/protobuf';
import {
  FileDescriptorProtoSchema,
  type DescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt';
import { loadSync } from '@grpc/proto-loader';
import { protoPath as healthProtoPath } from 'grpc-health-check';
import { SERVICES } from '../../src/api/codecs.js';

const require = createRequire(import.meta.url);

/** An RPC of the server, as its descriptor describes it. */
export interface Rpc {
  readonly path: string;
  readonly kind: DescMethod['methodKind'];
  readonly request: DescMessage;
  /** Whether it belongs to the contract, and not to health or reflection. */
  readonly isOurs: boolean;
}

/** All RPCs of the server. The fuzzer knows only what the descriptors contain. */
export const RPCS: readonly Rpc[] = [
  ...SERVICES,
  ...servicesIn(healthProtoPath),
  ...['v1', 'v1alpha'].flatMap((version) =>
    servicesIn(
      require.resolve(`@grpc/reflection/build/proto/grpc/reflection/${version}/reflection.proto`),
    ),
  ),
].flatMap(rpcsOf);

function rpcsOf({ typeName, methods }: DescService): readonly Rpc[] {
  return methods.map(({ name, methodKind, input }) => ({
    path: `/${typeName}/${name}`,
    kind: methodKind,
    request: input,
    isOurs: typeName.startsWith('presence.v1.'),
  }));
}

/** Returns the services in a file of a library. The file imports nothing. */
function servicesIn(proto: string): readonly DescService[] {
  const entries = Object.values(loadSync(proto, { keepCase: true }));
  const [bytes] = entries.flatMap(({ fileDescriptorProtos }) =>
    Array.isArray(fileDescriptorProtos) ? fileDescriptorProtos : [],
  );
  const file = fromBinary(FileDescriptorProtoSchema, bytes!);
  completeNames(file);
  const registry = createFileRegistry(file, () => undefined);
  return [...registry].filter((type) => type.kind === 'service');
}

/**
 * Replaces the relative names of types by full names, because protobuf-es looks up types by their full names only. The
 * last part of each name is unique in these files.
 */
function completeNames({ package: scope, messageType, enumType }: FileDescriptorProto): void {
  const fullNames = new Map<string, string>();
  const collect = (within: string, name: string): string => {
    fullNames.set(name, `${within}.${name}`);
    return `${within}.${name}`;
  };
  const visit = (within: string, { name, nestedType, enumType }: DescriptorProto): void => {
    const full = collect(within, name);
    for (const nested of nestedType) visit(full, nested);
    for (const each of enumType) collect(full, each.name);
  };
  for (const message of messageType) visit(`.${scope}`, message);
  for (const each of enumType) collect(`.${scope}`, each.name);
  const complete = ({ field, nestedType }: DescriptorProto): void => {
    for (const one of field) {
      if (one.typeName !== '') one.typeName = fullNames.get(one.typeName.split('.').at(-1)!)!;
    }
    nestedType.forEach(complete);
  };
  messageType.forEach(complete);
}
