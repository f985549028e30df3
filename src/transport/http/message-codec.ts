import type { MethodDefinition } from '@grpc/grpc-js';
import type { LazyRequest } from '../call/lazy-request.js';

/** Reads the requests of a method, and writes its answers. */
export interface MessageCodec {
  readonly request: (bytes: Buffer) => LazyRequest;
  readonly answer: (message: unknown) => Buffer;
}

/** The bytes of gRPC. */
export function protoCodec(method: MethodDefinition<unknown, unknown>): MessageCodec {
  return {
    request: method.requestDeserialize as (bytes: Buffer) => LazyRequest,
    answer: method.responseSerialize,
  };
}
