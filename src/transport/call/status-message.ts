import { BaseServerInterceptingCall } from '@grpc/grpc-js/build/src/server-interceptors.js';
import { safeText } from '../../text/safe-text.js';

/** No message of the service is longer, and a longer one would not fit in the headers that some clients take. */
const MAX_CHARACTERS = 1000;

/** The message of a status as clients may be sent it. Sentences of the service pass as they are. */
export function statusMessage(message: string): string {
  return safeText(message, MAX_CHARACTERS);
}

/** The same, percent-encoded as the header `grpc-message` needs it. */
export function encodedMessage(message: string): string {
  return encodeURI(statusMessage(message));
}

type Status = Parameters<BaseServerInterceptingCall['sendStatus']>[0];
type SendStatus = (this: BaseServerInterceptingCall, status: Status) => void;

/**
 * Makes grpc-js do the same with every status that it sends itself. It would encode them with `encodeURI`, which throws at
 * half a surrogate pair, and a library may well repeat text of a client.
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
