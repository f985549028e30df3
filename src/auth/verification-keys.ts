import { errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from 'jose';
import type { ClaimRules } from './claims.js';

/** The keys that verify tokens. They can change while the server runs. */
export interface VerificationKeys {
  /**
   * Verifies the signature and the claims of a token, and returns the claims. The algorithm that the token asks for is not
   * trusted. Fails with an error of jose, or with `KeysUnavailable` if the keys cannot be fetched.
   */
  verify(token: string, rules: ClaimRules): Promise<JWTPayload> | JWTPayload;
}

/** The injection token of the `VerificationKeys`. */
export const VERIFICATION_KEYS = Symbol('VERIFICATION_KEYS');

/** Public keys that may have signed a token. The thread pool checks the signature. */
export abstract class PublicKeys implements VerificationKeys {
  protected abstract readonly algorithms: string[];
  /** Throws `JWKSMultipleMatchingKeys` with the keys to try if several match. */
  protected abstract readonly getKey: JWTVerifyGetKey;

  async verify(token: string, rules: ClaimRules): Promise<JWTPayload> {
    const options = { ...rules, algorithms: this.algorithms };
    try {
      return (await jwtVerify(token, this.getKey, options)).payload;
    } catch (error) {
      // The token does not name its key, and several keys have the right type, so each of them is tried.
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      for await (const key of error) {
        const result = await jwtVerify(token, key, options).catch(unlessOnlyTheKeyIsWrong);
        if (result) return result.payload;
      }
      throw new errors.JWSSignatureVerificationFailed();
    }
  }
}

function unlessOnlyTheKeyIsWrong(error: unknown): undefined {
  if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
}
