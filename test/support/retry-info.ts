import { status, type ServiceError } from '@grpc/grpc-js';
import { ErrorInfo, RetryInfo } from '../../src/api/generated/google/rpc/error_details.pb.js';
import { Status } from '../../src/api/generated/google/rpc/status.pb.js';

type Ending = Pick<ServiceError, 'code' | 'details' | 'metadata'>;

/**
 * Returns the parts of a rate-limit error: the code, the text, and the retry hint in milliseconds. Its details must be
 * one ErrorInfo and one RetryInfo.
 */
export function refusalOf(ending: Ending): { code: string; text: string; retryMs: number } {
  const [bytes] = ending.metadata.get('grpc-status-details-bin');
  if (!Buffer.isBuffer(bytes)) throw new Error(`there are no details: ${ending.details}`);
  const { code, message, details } = Status.decode(bytes);
  if (code !== Number(ending.code) || message !== ending.details)
    throw new Error('the details differ');
  const [info, retry, ...others] = details;
  if (
    info?.typeUrl !== 'type.googleapis.com/google.rpc.ErrorInfo' ||
    retry?.typeUrl !== 'type.googleapis.com/google.rpc.RetryInfo' ||
    others.length > 0
  ) {
    throw new Error('there is not one ErrorInfo and one RetryInfo');
  }
  if (ErrorInfo.decode(info.value).domain !== 'presence.v1') throw new Error('wrong domain');
  const { seconds, nanos } = RetryInfo.decode(retry.value).retryDelay!;
  return { code: String(status[code]), text: message, retryMs: seconds * 1000 + nanos / 1e6 };
}

/** Returns the same for a failed call. */
export function refusalOfCall(call: Promise<unknown>): Promise<ReturnType<typeof refusalOf>> {
  return call.then(
    () => Promise.reject(new Error('it was accepted')),
    (error: ServiceError) => refusalOf(error),
  );
}
