import { isRevoked } from '../domain/token-revocation.js';
import { RejectedError } from '../domain/rejected-error.js';
import type { Principal } from './principal.js';

/** A stream that ends when the token of its caller is revoked. */
export interface RevocableStream {
  end(reason: RejectedError): void;
}

/** The revoked tokens, as far as this node knows. `src/revocation` implements it from the store. */
export abstract class TokenRevocations {
  /**
   * Tokens of this user that were issued before the returned time are revoked, in milliseconds of the wall clock.
   * Undefined: no token of the user was revoked. Every call asks, so it may cost one look-up.
   */
  protected abstract validFrom(userId: string): number | undefined;

  /**
   * Ends a stream as soon as the token of its caller is revoked, on any node. Throws TOKEN_REVOKED if it is already.
   * Returns the function that forgets the stream.
   */
  abstract watch(caller: Principal, stream: RevocableStream): () => void;

  /** Throws TOKEN_REVOKED if the token of a caller is revoked. */
  assertValid(caller: Principal): void {
    if (this.isRevoked(caller)) throw tokenRevoked();
  }

  protected isRevoked({ userId, issuedAt }: Principal): boolean {
    return isRevoked(issuedAt, this.validFrom(userId));
  }
}

export function tokenRevoked(): RejectedError {
  return new RejectedError('TOKEN_REVOKED', 'the token was revoked; try again with a new one');
}
