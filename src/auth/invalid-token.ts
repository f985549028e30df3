/** There is no token that proves who calls. The message may be shown to anyone. */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken';

  constructor(
    override readonly message: 'no token' | 'token expired' | 'token is not valid',
    /** Which check failed, in constant words for a log line: nothing of the token or the key is in it. */
    readonly check: string = message,
  ) {
    super(message);
  }
}
