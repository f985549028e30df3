import { describe, expect, it } from 'vitest';
import { PresenceError } from '#client';
import { failureOf } from './failure.js';

const ADDRESS = 'presence:50051';

describe('The message of a failed call', () => {
  it('says that the service is unreachable if no service answered', () => {
    const error = new PresenceError('unavailable', 'connect ECONNREFUSED');
    expect(failureOf(error, ADDRESS).message).toBe(
      'The service at presence:50051 is unreachable: connect ECONNREFUSED.',
    );
  });

  it('has the reason and the message of a service that answered UNAVAILABLE', () => {
    const error = new PresenceError('unavailable', 'Redis is unavailable; try again', {
      reason: 'STORE_UNAVAILABLE',
    });
    expect(failureOf(error, ADDRESS).message).toBe(
      'The service at presence:50051 cannot serve the call (STORE_UNAVAILABLE): Redis is unavailable; try again.',
    );
  });

  it('says that there was no answer in time', () => {
    const error = new PresenceError('timeout', 'no response within 10 s');
    expect(failureOf(error, ADDRESS).message).toBe(
      'The service at presence:50051 did not answer in time: no response within 10 s.',
    );
  });

  it.each([
    [
      'permission-denied',
      'CHANNEL_NOT_GRANTED',
      'The token does not grant the channel: why. "presence token" signs one that does with --join, --watch or --moderate.',
    ],
    [
      'permission-denied',
      'GROUP_NOT_GRANTED',
      'The token does not have the group: why. "presence token" signs one that does with --group.',
    ],
    [
      'permission-denied',
      'WATCH_ONLY_TOKEN',
      'The token is only for watching: it cannot begin a session.',
    ],
    [
      'unauthenticated',
      'TOKEN_REVOKED',
      'The token was revoked. Use one that was issued at least a second after the revocation.',
    ],
    ['permission-denied', 'ADMIN_SCOPE_REQUIRED', 'The token does not permit this call: why.'],
    ['unauthenticated', 'TOKEN_EXPIRED', 'The service rejects the token: why.'],
  ] as const)('says what the token lacks: %s, %s', (code, reason, sentence) => {
    const failure = failureOf(new PresenceError(code, 'why', { reason }), ADDRESS);
    expect(failure).toMatchObject({ message: sentence, exitCode: 1 });
  });
});
