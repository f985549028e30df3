import { toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { Server } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { fileDescriptors, firstType } from './descriptors.js';

/** Adds `grpc.reflection.v1` and `v1alpha`, from which tools such as grpcurl read the contract. */
export function addReflection(server: Server, definition: PackageDefinition): void {
  const files = fileDescriptors(definition).map((file) =>
    Buffer.from(toBinary(FileDescriptorProtoSchema, file)),
  );
  const whole = { ...firstType(definition), fileDescriptorProtos: files };
  new ReflectionService({ whole }).addToServer(server);
}
