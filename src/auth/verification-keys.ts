import type { JWTVerifyGetKey } from 'jose';

/**
 * The source of verification keys, and the algorithms that are allowed. The algorithm that a token asks for is not
 * trusted.
 */
export interface VerificationKeys {
  readonly algorithms: readonly string[];
  /** Throws `KeysUnavailable` if the keys cannot be fetched. */
  readonly getKey: JWTVerifyGetKey;
}

/** The injection token of the `VerificationKeys`. */
export const VERIFICATION_KEYS = Symbol('VERIFICATION_KEYS');
