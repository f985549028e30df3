import { BaseServerInterceptingCall } from '@grpc/grpc-js/build/src/server-interceptors.js';
import { status as Code } from '@grpc/grpc-js';
import { safeText } from '../../text/safe-text.js';
import { hasDetails, transportError, type TransportReason } from './status-error.js';

/**
 * The maximum length of a status message. No message of the service is longer, and a longer one could exceed the header
 * limit of some clients.
 */
const MAX_CHARACTERS = 1000;

/** Returns a status message that is safe to send to clients. Messages of the service stay unchanged. */
export function statusMessage(message: string): string {
  return safeText(message, MAX_CHARACTERS);
}

/** Returns a safe status message, percent-encoded for the header `grpc-message`. */
export function encodedMessage(message: string): string {
  return encodeURI(statusMessage(message));
}

type Status = Parameters<BaseServerInterceptingCall['sendStatus']>[0];
type SendStatus = (this: BaseServerInterceptingCall, status: Status) => void;

/** The reasons of the statuses that grpc-js itself creates, by code. It creates CANCELLED only for a lost client. */
const REASON_OF_GRPC_JS: Readonly<Partial<Record<Code, TransportReason>>> = {
  [Code.RESOURCE_EXHAUSTED]: 'REQUEST_TOO_LARGE',
  [Code.UNIMPLEMENTED]: 'UNSUPPORTED_REQUEST',
  [Code.DEADLINE_EXCEEDED]: 'DEADLINE_EXCEEDED',
  [Code.INTERNAL]: 'INTERNAL_ERROR',
  [Code.UNKNOWN]: 'INTERNAL_ERROR',
};

/**
 * Makes grpc-js apply `statusMessage` to all statuses that it sends, and add details to those that it creates. It
 * encodes messages with `encodeURI`, which throws for half of a surrogate pair, and a library may repeat text from a
 * client in a status.
 */
export function sendCompleteStatuses(): void {
  calls.sendStatus = sendCompleteStatus;
}

const calls: { sendStatus: SendStatus } = BaseServerInterceptingCall.prototype;
const { sendStatus } = calls;

function sendCompleteStatus(this: BaseServerInterceptingCall, status: Status) {
  if (status.code === Code.OK) return sendStatus.call(this, status);
  const details = statusMessage(String(status.details));
  const reason = hasDetails(status.metadata) ? undefined : REASON_OF_GRPC_JS[status.code];
  if (reason !== undefined) {
    const { metadata } = transportError(reason, details).status;
    return sendStatus.call(this, { code: status.code, details, metadata });
  }
  sendStatus.call(this, details === status.details ? status : { ...status, details });
}
