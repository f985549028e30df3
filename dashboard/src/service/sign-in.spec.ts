import { describe, expect, it } from 'vitest';
import { PresenceError } from '#client';
import { isAboutToken, sentenceAbout } from './sign-in.js';

describe('The sentence about an error', () => {
  it.each([
    ['unauthenticated', 'TOKEN_REVOKED', 'This token was revoked. Sign in with a new one.'],
    [
      'unauthenticated',
      'TOKEN_EXPIRED',
      'The service rejects this token: it is invalid or has expired.',
    ],
    [
      'permission-denied',
      'CHANNEL_NOT_GRANTED',
      'This token may not watch a channel of this page.',
    ],
    [
      'permission-denied',
      'ADMIN_SCOPE_REQUIRED',
      'This token does not have the scope presence:admin.',
    ],
    [
      'permission-denied',
      'SESSION_OF_ANOTHER_USER',
      'This token does not permit what the page needs.',
    ],
  ] as const)('asks for another token if the token is the cause: %s, %s', (code, reason, text) => {
    const error = new PresenceError(code, 'why', { reason });
    expect(sentenceAbout(error)).toBe(text);
    expect(isAboutToken(error)).toBe(true);
  });

  it('asks for no other token if the service is unreachable', () => {
    const error = new PresenceError('unavailable', 'why');
    expect(sentenceAbout(error)).toBe('The service is unreachable.');
    expect(isAboutToken(error)).toBe(false);
  });
});
