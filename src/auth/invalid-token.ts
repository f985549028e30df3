const REASONS = {
  'no token': 'TOKEN_MISSING',
  'token expired': 'TOKEN_EXPIRED',
  'token is not valid': 'TOKEN_INVALID',
} as const;

type Failure = keyof typeof REASONS;

/** The error for a call without a valid token. The message may be shown to anyone. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken';

  constructor(
    private readonly failure: Failure,
    /** The check that failed, in constant words for the log, without any part of the token or the key. */
    readonly check: string = failure,
    /** The mistake that the issuer of the token has to correct, without any value of the token. */
    detail?: string,
  ) {
    super(detail === undefined ? failure : `${failure}: ${detail}`);
  }

  /** The reason for the client. */
  get reason(): (typeof REASONS)[Failure] {
    return REASONS[this.failure];
  }
}
