import type { PresenceError } from '#client';
import { ExitCode } from './exit-code.js';

/** The command cannot do what it was asked to. The message is one sentence for whoever asked. */
export class Failure extends Error {
  override readonly name: string = 'Failure';
  readonly exitCode: number = ExitCode.FAILED;
}

/** The command has to be called in another way, which the message says. */
export class UsageError extends Failure {
  override readonly name = 'UsageError';
  override readonly exitCode = ExitCode.WRONG_USAGE;
}

/** What an error of the client means to somebody at a terminal. */
export function failureOf(error: PresenceError, address: string): Failure {
  return new Failure(sentenceOf(error, address), { cause: error });
}

function sentenceOf({ code, message, violations }: PresenceError, address: string): string {
  switch (code) {
    case 'unavailable':
    case 'timeout':
      // OpenSSL reports the plain text that it received as a record of an unknown version.
      if (/wrong version number|packet length too long/.test(message)) {
        return `The service at ${address} does not speak TLS. Call it without --tls, --ca and --cert.`;
      }
      return `The service at ${address} is out of reach: ${message}.`;
    case 'unauthenticated':
      return `The service does not take this token: ${message}.`;
    case 'permission-denied':
      return `This token may not do that: ${message}.`;
    case 'invalid-argument': {
      const fields = violations.map(({ field, description }) => `${field} ${description}`);
      return `The service does not take this: ${fields.join(', ') || message}.`;
    }
    case 'resource-exhausted':
      return `The service does not take more than it allows: ${message}.`;
    case 'session-ended':
      return 'The session was ended from elsewhere.';
    case 'unimplemented':
      return `What answers at ${address} does not know this call: ${message}.`;
    default:
      return `The call failed (${code}): ${message}.`;
  }
}
