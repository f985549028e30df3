import type { MethodDefinition } from '@grpc/grpc-js';
import type { Observable } from 'rxjs';

/** A method of a controller as Nest hands it to a transport: guards, pipes and the error filter are in it. */
export type Handler = (
  request: unknown,
  metadata: unknown,
  call: unknown,
) => Promise<Observable<unknown> | object>;

/** A method of the contract, and what answers it. */
export interface ServedMethod {
  readonly handler: Handler;
  readonly definition: MethodDefinition<unknown, unknown>;
}
