import type { JWTVerifyGetKey } from 'jose';

/**
 * The source of verification keys, and the algorithms that are allowed. The algorithm that a token asks for is not
 * trusted.
 */
export interface VerificationKeys {
  /** These can change while the server runs. */
  readonly algorithms: readonly string[];
  /**
   * Throws `KeysUnavailable` if the keys cannot be fetched, and `JWKSMultipleMatchingKeys` with the keys to try if several
   * match.
   */
  readonly getKey: JWTVerifyGetKey;
}

/** The injection token of the `VerificationKeys`. */
export const VERIFICATION_KEYS = Symbol('VERIFICATION_KEYS');
