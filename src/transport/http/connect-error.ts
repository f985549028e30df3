import { ConnectError } from '@connectrpc/connect';
import { status } from '@grpc/grpc-js';
import { statusMessage } from '../call/status-message.js';
import { Status } from '../../api/generated/google/rpc/status.pb.js';
import type { FailedStatus } from '../call/status-error.js';

/** Converts a gRPC status to an error of Connect, which uses the same numeric codes. */
export function connectErrorOf({
  code = status.UNKNOWN,
  message,
  metadata,
}: FailedStatus): ConnectError {
  const error = new ConnectError(statusMessage(message), code as number);
  const [details] = metadata?.get('grpc-status-details-bin') ?? [];
  if (!Buffer.isBuffer(details)) return error;
  for (const { typeUrl, value } of Status.decode(details).details) {
    error.details.push({ type: typeUrl.slice(typeUrl.lastIndexOf('/') + 1), value });
  }
  return error;
}
