import { toBinary, type DescFile } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { service as health } from 'grpc-health-check';

/** The part of a package definition that `@grpc/reflection` reads. */
interface DescribedFiles {
  readonly fileDescriptorProtos: readonly Buffer[];
}

/**
 * Adds `grpc.reflection.v1` and `v1alpha`, from which tools such as grpcurl read the contract: these files with their
 * imports, and the health service.
 */
export function addReflection(server: Server, files: readonly DescFile[]): void {
  const contract: DescribedFiles = {
    fileDescriptorProtos: [...new Set(files.flatMap(withImports))].map(({ proto }) =>
      Buffer.from(toBinary(FileDescriptorProtoSchema, proto)),
    ),
  };
  const { requestType } = health['Check'] as unknown as { readonly requestType: DescribedFiles };
  const definition = { contract, health: requestType } as unknown;
  new ReflectionService(definition as PackageDefinition).addToServer(server);
}

type PackageDefinition = ConstructorParameters<typeof ReflectionService>[0];

function withImports(file: DescFile): readonly DescFile[] {
  return [file, ...file.dependencies.flatMap(withImports)];
}
