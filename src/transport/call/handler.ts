import type { DescMethod } from '@bufbuild/protobuf';
import type { MethodDefinition } from '@grpc/grpc-js';
import type { Observable } from 'rxjs';

/** A controller method as Nest passes it to a transport. It includes guards, pipes and the error filter. */
export type Handler = (
  request: unknown,
  metadata: unknown,
  call: unknown,
) => Promise<Observable<unknown> | object>;

/** The definition of a method for grpc-js, with its protobuf descriptor. */
export interface DescribedMethod extends MethodDefinition<unknown, unknown> {
  readonly descriptor: DescMethod;
}

/** The definitions of the methods by name, for each service by its full name. */
export type PackageDefinition = Readonly<Record<string, Readonly<Record<string, DescribedMethod>>>>;

/** A method of the gRPC API, and its handler. */
export interface ServedMethod {
  readonly handler: Handler;
  readonly definition: DescribedMethod;
  /** The size limit of a request in bytes, after it is inflated. */
  readonly maxRequestBytes: number;
}
