import { type ErrorReason, PresenceError } from '#client';
import { counted } from '../output/text.js';

/** The exit codes of the commands. `serve` uses the codes of the server instead. */
export const ExitCode = {
  OK: 0,
  /** The call was correct, but the command failed. */
  FAILED: 1,
  /** The call was incorrect or a setting is missing. The same call will fail again. */
  WRONG_USAGE: 2,
} as const;

/** The command failed. The message is one sentence for the user. */
export class Failure extends Error {
  override readonly name: string = 'Failure';
  readonly exitCode: number = ExitCode.FAILED;
}

/** The command was used incorrectly. The message says how to correct it. */
export class UsageError extends Failure {
  override readonly name = 'UsageError';
  override readonly exitCode = ExitCode.WRONG_USAGE;
}

/** Converts an error of the client to a message for the user. */
export function failureOf(error: PresenceError, address: string): Failure {
  return new Failure(sentenceOf(error, address), { cause: error });
}

/** The sentences about the access of the token, which say what to do. */
const ABOUT_ACCESS = new Map<ErrorReason | undefined, (message: string) => string>([
  [
    'CHANNEL_NOT_GRANTED',
    (message) =>
      `The token does not grant the channel: ${message}. "presence token" signs one that does with --join, --watch or --moderate.`,
  ],
  [
    'GROUP_NOT_GRANTED',
    (message) =>
      `The token does not have the group: ${message}. "presence token" signs one that does with --group.`,
  ],
  ['WATCH_ONLY_TOKEN', () => 'The token is only for watching: it cannot begin a session.'],
  [
    'TOKEN_REVOKED',
    () => 'The token was revoked. Use one that was issued at least a second after the revocation.',
  ],
]);

function sentenceOf(error: PresenceError, address: string): string {
  const { code, reason, message, violations } = error;
  const aboutAccess = ABOUT_ACCESS.get(reason);
  if (aboutAccess !== undefined) return aboutAccess(message);
  switch (code) {
    case 'unavailable':
    case 'timeout':
      // OpenSSL reports received plain text as a record of an unknown version.
      if (/wrong version number|packet length too long/.test(message)) {
        return `The service at ${address} does not use TLS. Call it without --tls, --ca and --cert.`;
      }
      // A reason is from the service, so the service was reached.
      if (reason !== undefined)
        return `The service at ${address} cannot serve the call (${reason}): ${message}.`;
      return code === 'timeout'
        ? `The service at ${address} did not answer in time: ${message}.`
        : `The service at ${address} is unreachable: ${message}.`;
    case 'unauthenticated':
      return `The service rejects the token: ${message}.`;
    case 'permission-denied':
      return `The token does not permit this call: ${message}.`;
    case 'invalid-argument': {
      const fields = violations.map(({ field, description }) => `${field} ${description}`);
      return `The service rejects an argument: ${fields.join(', ') || message}.`;
    }
    case 'resource-exhausted':
      return `A limit of the service is exceeded (${reason ?? code}): ${message}.`;
    case 'session-ended':
      return 'The session was ended by another client.';
    case 'unimplemented':
      return `The server at ${address} does not support this call: ${message}.`;
    default:
      return `The call failed (${reason ?? code}): ${message}.`;
  }
}

/** Counts the failures of many operations, and keeps the first error. */
export class FailureCount {
  private first: unknown;
  count = 0;

  note(error: unknown): void {
    if (this.count++ === 0) this.first = error;
  }

  /** Throws if there was a failure. `noun` names the failed operation, `address` is the address of the service. */
  throwIfAny(noun: string, address: string): void {
    if (this.count === 0) return;
    const { first } = this;
    const why = first instanceof PresenceError ? failureOf(first, address).message : String(first);
    throw new Failure(`${counted(this.count, noun)} failed. The first: ${why}`);
  }
}
