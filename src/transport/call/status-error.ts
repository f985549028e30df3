import { Metadata, status } from '@grpc/grpc-js';
import { RpcException } from '@nestjs/microservices';
import {
  BadRequest,
  ErrorInfo,
  RetryInfo,
} from '../../api/generated/google/rpc/error_details.pb.js';
import { Status } from '../../api/generated/google/rpc/status.pb.js';

/** The `domain` of every google.rpc.ErrorInfo: reasons are unique within it. */
export const ERROR_DOMAIN = 'presence.v1';

/** The key of the metadata with the google.rpc.Status of an error. */
const DETAILS = 'grpc-status-details-bin';

/** The reasons of errors that the transport itself creates, with their codes. */
export const TRANSPORT_ERRORS = {
  INVALID_TIMEOUT: status.INVALID_ARGUMENT,
  REQUEST_TOO_LARGE: status.RESOURCE_EXHAUSTED,
  REQUEST_BUFFER_FULL: status.RESOURCE_EXHAUSTED,
  RESPONSE_BUFFER_FULL: status.RESOURCE_EXHAUSTED,
  TOO_MANY_TOKENLESS_STREAMS: status.RESOURCE_EXHAUSTED,
  STREAM_NEEDS_OWN_CONNECTION: status.FAILED_PRECONDITION,
  UNSUPPORTED_REQUEST: status.UNIMPLEMENTED,
  METHOD_NOT_FOUND: status.UNIMPLEMENTED,
  SERVICE_NOT_FOUND: status.NOT_FOUND,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
  INTERNAL_ERROR: status.INTERNAL,
} as const satisfies Readonly<Record<string, status>>;

export type TransportReason = keyof typeof TRANSPORT_ERRORS;

/** The status of a failed call. */
export interface FailedStatus {
  readonly code?: status;
  readonly message: string;
  readonly metadata?: Metadata;
}

/** An error that the client receives with exactly its code, message and details. */
export class StatusError extends RpcException {
  constructor(
    /** The reason in google.rpc.ErrorInfo. */
    readonly reason: string,
    readonly status: Required<FailedStatus>,
  ) {
    super(status);
  }
}

/** A message in the details of an error. */
export interface ErrorDetail {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** The error in one field of a request. */
export interface FieldViolation {
  /** The name of the field, as spelled in the contract. */
  readonly field: string;
  readonly description: string;
}

/** Creates an error with google.rpc.ErrorInfo and further details. `reason` is in UPPER_SNAKE_CASE. */
export function statusError(
  code: status,
  reason: string,
  message: string,
  ...details: readonly ErrorDetail[]
): StatusError {
  const rich = Status.encode({ code, message, details: [errorInfo(reason), ...details] }).finish();
  const metadata = new Metadata();
  metadata.set(DETAILS, Buffer.from(rich));
  return new StatusError(reason, { code, message, metadata });
}

/** Creates an error of the transport. */
export function transportError(reason: TransportReason, message: string): StatusError {
  return statusError(TRANSPORT_ERRORS[reason], reason, message);
}

/** Creates the error of a call whose response does not fit into the byte budget. */
export function unreadResponses(): StatusError {
  return transportError('RESPONSE_BUFFER_FULL', 'too many responses are unread; read them first');
}

/** Whether the metadata of an error has details. */
export function hasDetails(metadata: Metadata | null | undefined): boolean {
  return (metadata?.get(DETAILS).length ?? 0) > 0;
}

/** Creates google.rpc.BadRequest, which names the invalid fields of a request. */
export function badRequest(violations: readonly FieldViolation[]): ErrorDetail {
  const fieldViolations = violations.map((violation) => ({
    ...violation,
    reason: '',
    localizedMessage: undefined,
  }));
  return detail('BadRequest', BadRequest.encode({ fieldViolations }).finish());
}

/** Creates google.rpc.RetryInfo, which suggests when to retry. */
export function retryInfo(retryAfterMs: number): ErrorDetail {
  const retryDelay = {
    seconds: Math.floor(retryAfterMs / 1000),
    nanos: (retryAfterMs % 1000) * 1_000_000,
  };
  return detail('RetryInfo', RetryInfo.encode({ retryDelay }).finish());
}

function errorInfo(reason: string): ErrorDetail {
  const info = { reason, domain: ERROR_DOMAIN, metadata: new Map() };
  return detail('ErrorInfo', ErrorInfo.encode(info).finish());
}

function detail(type: string, value: Uint8Array): ErrorDetail {
  return { typeUrl: `type.googleapis.com/google.rpc.${type}`, value };
}
