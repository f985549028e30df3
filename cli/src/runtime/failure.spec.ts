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
});
