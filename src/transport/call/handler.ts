import type { MethodDefinition } from '@grpc/grpc-js';
import type { Observable } from 'rxjs';

/** A controller method as Nest passes it to a transport. It includes guards, pipes and the error filter. */
export type Handler = (
  request: unknown,
  metadata: unknown,
  call: unknown,
) => Promise<Observable<unknown> | object>;

/** A method of the gRPC API, and its handler. */
export interface ServedMethod {
  readonly handler: Handler;
  readonly definition: MethodDefinition<unknown, unknown>;
  /** The size limit of a request in bytes, after it is inflated. */
  readonly maxRequestBytes: number;
}
