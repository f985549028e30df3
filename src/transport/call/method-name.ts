/** A method of the contract, as metrics and traces name it. */
export interface MethodName {
  readonly service: string;
  readonly method: string;
}

/** `/presence.v1.SessionService/Connect` in two parts. */
export function methodOf(path: string): MethodName {
  const [, service = '', method = ''] = path.split('/');
  return { service, method };
}
