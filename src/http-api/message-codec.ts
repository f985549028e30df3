import type { MethodDefinition } from '@grpc/grpc-js';

/** Reads the requests of a method, and writes its answers. */
export interface MessageCodec {
  /** The message, or a `Malformed` that says what is wrong with the bytes. */
  readonly request: (bytes: Buffer) => unknown;
  readonly answer: (message: unknown) => Buffer;
}

/** The bytes of gRPC. */
export function protoCodec(method: MethodDefinition<unknown, unknown>): MessageCodec {
  return { request: method.requestDeserialize, answer: method.responseSerialize };
}
