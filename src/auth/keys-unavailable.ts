/** The keys that tokens are checked with cannot be had right now. It says nothing about the token. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';

  constructor() {
    super('the keys that tokens are checked with cannot be reached');
  }
}
