/** The name of an RPC method in metrics and traces. */
export interface MethodName {
  readonly service: string;
  readonly method: string;
}

/** Splits a path such as `/presence.v1.SessionService/Connect` into service and method. */
export function methodOf(path: string): MethodName {
  const [, service = '', method = ''] = path.split('/');
  return { service, method };
}
