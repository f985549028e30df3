import { createRequire } from 'node:module';
import type { DescMessage, DescMethod } from '@bufbuild/protobuf';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { loadPackageDefinition } from '../../src/api/codecs.js';
import { describedServices } from '../../src/transport/grpc/descriptors.js';

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
export const RPCS: readonly Rpc[] = [loadPackageDefinition(), reflectionDefinition()].flatMap(
  rpcsOf,
);

function reflectionDefinition(): PackageDefinition {
  return loadSync(
    ['v1', 'v1alpha'].map((version) =>
      require.resolve(`@grpc/reflection/build/proto/grpc/reflection/${version}/reflection.proto`),
    ),
    { keepCase: true },
  );
}

function rpcsOf(definition: PackageDefinition): readonly Rpc[] {
  return describedServices(definition).flatMap(({ typeName, methods }) =>
    methods.map(({ name, methodKind, input }) => ({
      path: `/${typeName}/${name}`,
      kind: methodKind,
      request: input,
      isOurs: typeName.startsWith('presence.v1.'),
    })),
  );
}
