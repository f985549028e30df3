/** The error for verification keys that cannot be fetched at present. It says nothing about the token. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
  readonly reason = 'TOKEN_KEYS_UNAVAILABLE';

  constructor() {
    super('the server cannot fetch the keys that verify tokens; try again');
  }
}
