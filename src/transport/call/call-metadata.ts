import { Metadata } from '@grpc/grpc-js';
import { REQUEST_ID } from './request-id.js';

/** The headers that become metadata: the guard, the log and tracing read them. */
const NAMES = ['authorization', REQUEST_ID, 'traceparent', 'tracestate'];

const LEGAL_VALUE = /^[ -~]*$/;

/** Whether gRPC allows this value in a header. */
export function isLegalValue(value: string): boolean {
  return LEGAL_VALUE.test(value);
}

/** Returns the metadata of a call. `valuesOf` returns the values of a header. Values that gRPC does not allow are dropped. */
export function callMetadata(
  valuesOf: (name: string) => readonly string[] | string | undefined,
): Metadata {
  const metadata = new Metadata();
  for (const name of NAMES) {
    const values = valuesOf(name);
    if (values === undefined) continue;
    for (const value of typeof values === 'string' ? [values] : values) {
      if (isLegalValue(value)) metadata.add(name, value);
    }
  }
  return metadata;
}
