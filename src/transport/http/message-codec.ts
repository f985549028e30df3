import type { MethodDefinition } from '@grpc/grpc-js';
import type { LazyRequest } from '../call/lazy-request.js';

/** Decodes the requests of a method, and encodes its responses. */
export interface MessageCodec {
  readonly request: (bytes: Buffer) => LazyRequest;
  readonly response: (message: unknown) => Buffer;
}

/** Returns the codec of the protobuf wire format. */
export function protoCodec(method: MethodDefinition<unknown, unknown>): MessageCodec {
  return {
    request: method.requestDeserialize as (bytes: Buffer) => LazyRequest,
    response: method.responseSerialize,
  };
}
