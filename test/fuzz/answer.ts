import { status } from '@grpc/grpc-js';
import { BadRequest } from '../../src/api/generated/google/rpc/error_details.pb.js';
import { Status } from '../../src/api/generated/google/rpc/status.pb.js';

/** How the server answered a call. */
export interface Answer {
  readonly httpStatus: number | undefined;
  /** Undefined: the stream ended without one, or was still open when it was left. */
  readonly code: status | undefined;
  readonly message: string;
  /** The fields to blame, if the answer names any. */
  readonly fields: readonly string[];
  readonly messages: readonly Uint8Array[];
  /** Whether the client left a stream that was open and well. */
  readonly wasLeft: boolean;
  /** Why the stream or the connection was reset by the server. */
  readonly failure: string | undefined;
}

export function inWords({ httpStatus, code, message, failure, wasLeft }: Answer): string {
  if (wasLeft) return 'open stream';
  if (failure !== undefined) return `reset: ${failure}`;
  if (code === undefined) return `HTTP ${httpStatus}`;
  return `${status[code]}${message === '' ? '' : `: ${message}`}`;
}

/** The fields that google.rpc.BadRequest names in `grpc-status-details-bin`. */
export function fieldsIn(details: string | undefined): readonly string[] {
  if (details === undefined) return [];
  return Status.decode(Buffer.from(details, 'base64'))
    .details.filter(({ typeUrl }) => typeUrl.endsWith('/google.rpc.BadRequest'))
    .flatMap(({ value }) => BadRequest.decode(value).fieldViolations.map(({ field }) => field));
}
