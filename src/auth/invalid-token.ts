const REASONS = {
  'no token': 'TOKEN_MISSING',
  'token expired': 'TOKEN_EXPIRED',
  'token is not valid': 'TOKEN_INVALID',
  'token is not valid: presence is not an object': 'TOKEN_INVALID',
  'token is not valid: presence.moderate is not a list of at most 100 channel patterns':
    'TOKEN_INVALID',
} as const;

/** The error for a call without a valid token. The message may be shown to anyone. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken';

  constructor(
    override readonly message: keyof typeof REASONS,
    /** The check that failed, in constant words for the log, without any part of the token or the key. */
    readonly check: string = message,
  ) {
    super(message);
  }

  /** The reason for the client. */
  get reason(): (typeof REASONS)[keyof typeof REASONS] {
    return REASONS[this.message];
  }
}
