import { Metadata, status } from '@grpc/grpc-js';
import { RpcException } from '@nestjs/microservices';
import { BadRequest, RetryInfo } from '../../api/generated/google/rpc/error_details.pb.js';
import { Status } from '../../api/generated/google/rpc/status.pb.js';

/** The error in one field of a request. */
export interface FieldViolation {
  /** The name of the field, as spelled in the contract. */
  readonly field: string;
  readonly description: string;
}

/** Creates an error that the client receives with exactly this code and message. */
export function statusError(code: status, message: string, metadata?: Metadata): RpcException {
  return new RpcException({ code, message, ...(metadata && { metadata }) });
}

/**
 * Creates an INVALID_ARGUMENT error with google.rpc.BadRequest in `grpc-status-details-bin`, where clients expect it.
 */
export function invalidArgument(violations: readonly FieldViolation[]): RpcException {
  const message = violations.map(({ field, description }) => `${field} ${description}`).join('; ');
  const badRequest = BadRequest.encode({
    fieldViolations: violations.map((violation) => ({
      ...violation,
      reason: '',
      localizedMessage: undefined,
    })),
  }).finish();
  return detailedError(status.INVALID_ARGUMENT, message, 'BadRequest', badRequest);
}

/** Creates an error with google.rpc.RetryInfo, which suggests when to retry. */
export function withRetryInfo(code: status, message: string, retryAfterMs: number): RpcException {
  const retryInfo = RetryInfo.encode({
    retryDelay: {
      seconds: Math.floor(retryAfterMs / 1000),
      nanos: (retryAfterMs % 1000) * 1_000_000,
    },
  }).finish();
  return detailedError(code, message, 'RetryInfo', retryInfo);
}

function detailedError(
  code: status,
  message: string,
  type: string,
  value: Uint8Array,
): RpcException {
  const details = Status.encode({
    code,
    message,
    details: [{ typeUrl: `type.googleapis.com/google.rpc.${type}`, value }],
  }).finish();
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(details));
  return statusError(code, message, metadata);
}
