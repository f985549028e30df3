import { status } from '@grpc/grpc-js';
import { BadRequest } from '../../src/api/generated/google/rpc/error_details.pb.js';
import { Status } from '../../src/api/generated/google/rpc/status.pb.js';

/** The response of the server to a call. */
export interface Answer {
  readonly httpStatus: number | undefined;
  /**
   * Undefined if the stream ended without a status, or was still open when the client cancelled it.
   */
  readonly code: status | undefined;
  readonly message: string;
  /** The fields that the error names, if any. */
  readonly fields: readonly string[];
  readonly messages: readonly Uint8Array[];
  /** Whether the client cancelled a stream that was open and had no error. */
  readonly wasLeft: boolean;
  /** The reason why the server reset the stream or the connection. */
  readonly failure: string | undefined;
}

export function inWords({ httpStatus, code, message, failure, wasLeft }: Answer): string {
  if (wasLeft) return 'open stream';
  if (failure !== undefined) return `reset: ${failure}`;
  if (code === undefined) return `HTTP ${httpStatus}`;
  return `${status[code]}${message === '' ? '' : `: ${message}`}`;
}

/** Returns the fields that google.rpc.BadRequest names in `grpc-status-details-bin`. */
export function fieldsIn(details: string | undefined): readonly string[] {
  if (details === undefined) return [];
  return Status.decode(Buffer.from(details, 'base64'))
    .details.filter(({ typeUrl }) => typeUrl.endsWith('/google.rpc.BadRequest'))
    .flatMap(({ value }) => BadRequest.decode(value).fieldViolations.map(({ field }) => field));
}
