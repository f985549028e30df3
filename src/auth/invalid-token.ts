/** The error for a call without a valid token. The message may be shown to anyone. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken';

  constructor(
    override readonly message: 'no token' | 'token expired' | 'token is not valid',
    /** The check that failed, in constant words for the log, without any part of the token or the key. */
    readonly check: string = message,
  ) {
    super(message);
  }
}
