import { Metadata, status } from '@grpc/grpc-js';
import { RpcException } from '@nestjs/microservices';
import { BadRequest, RetryInfo } from '../../api/generated/google/rpc/error_details.pb.js';
import { Status } from '../../api/generated/google/rpc/status.pb.js';

/** What is wrong with one field of a request. */
export interface FieldViolation {
  /** The field, as the contract spells it. */
  readonly field: string;
  readonly description: string;
}

/** An error that reaches the client with this very code and text. */
export function statusError(code: status, message: string, metadata?: Metadata): RpcException {
  return new RpcException({ code, message, ...(metadata && { metadata }) });
}

/** INVALID_ARGUMENT with google.rpc.BadRequest in `grpc-status-details-bin`, where clients look for it. */
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

/** Any code with google.rpc.RetryInfo: when it is worth while to try again. */
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
