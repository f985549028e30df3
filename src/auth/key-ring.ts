import type { KeyObject } from 'node:crypto';
import { errors, type CryptoKey, type JWTVerifyGetKey } from 'jose';
import { PublicKeys } from './verification-keys.js';

/** A public key with the algorithms that it allows. A token cannot use it with any other algorithm. */
export interface VerificationKey {
  readonly key: KeyObject;
  readonly algorithms: readonly string[];
}

/** Public keys that this process knows. Each of them may have signed a token, because tokens do not name them. */
export class KeyRing extends PublicKeys {
  protected readonly algorithms: string[];

  constructor(private readonly keys: readonly VerificationKey[]) {
    super();
    this.algorithms = keys.flatMap(({ algorithms }) => algorithms);
  }

  protected readonly getKey: JWTVerifyGetKey = ({ alg }) => {
    const matching = this.keys.filter(({ algorithms }) => algorithms.includes(alg));
    const [first, ...others] = matching;
    if (first === undefined) throw new errors.JWKSNoMatchingKey();
    if (others.length === 0) return first.key;
    throw severalKeys(matching);
  };
}

/** Returns the error with which jose itself offers several keys of a key set. */
function severalKeys(keys: readonly VerificationKey[]): errors.JWKSMultipleMatchingKeys {
  const error = new errors.JWKSMultipleMatchingKeys();
  error[Symbol.asyncIterator] = async function* () {
    // jose declares only CryptoKey, but verifies with a KeyObject, too.
    for (const { key } of keys) yield key as unknown as CryptoKey;
  };
  return error;
}
