/** The error for verification keys that cannot be fetched at present. It says nothing about the token. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';

  constructor() {
    super('the keys that tokens are checked with cannot be reached');
  }
}
