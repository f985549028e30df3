import { BaseServerInterceptingCall } from '@grpc/grpc-js/build/src/server-interceptors.js';
import { safeText } from '../../text/safe-text.js';

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

/**
 * Makes grpc-js apply `statusMessage` to all statuses that it sends. It encodes them with `encodeURI`, which throws for
 * half of a surrogate pair, and a library may repeat text from a client in a status.
 */
export function encodeSafely(): void {
  calls.sendStatus = sendStatusSafely;
}

const calls: { sendStatus: SendStatus } = BaseServerInterceptingCall.prototype;
const { sendStatus } = calls;

function sendStatusSafely(this: BaseServerInterceptingCall, status: Status) {
  const details = statusMessage(String(status.details));
  sendStatus.call(this, details === status.details ? status : { ...status, details });
}
