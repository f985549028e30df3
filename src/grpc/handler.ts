import type { Observable } from 'rxjs';

/** A method of a controller as Nest hands it to a transport: guards, pipes and the error filter are in it. */
export type Handler = (
  request: unknown,
  metadata: unknown,
  call: unknown,
) => Promise<Observable<unknown> | object>;
