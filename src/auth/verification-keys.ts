import type { JWTVerifyGetKey } from 'jose';

/** Where the key of a token comes from, and which algorithms go with it: never those that the token would like. */
export interface VerificationKeys {
  readonly algorithms: readonly string[];
  /** Throws `KeysUnavailable` when the keys cannot be reached. */
  readonly getKey: JWTVerifyGetKey;
}

/** Injects the `VerificationKeys`. */
export const VERIFICATION_KEYS = Symbol('VERIFICATION_KEYS');
