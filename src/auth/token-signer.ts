import { readConfig } from '../config/config.js';
import { isIdentifier } from '../domain/identifier.js';
import type { GrantsClaim } from './grants.js';
import { signToken } from './sign-token.js';
import { readSecretFile } from './token-secrets.js';

/** The user, the rights and the lifetime of a token. */
export interface Identity {
  readonly userId: string;
  /** Whether the token has the scope `presence:admin`, which may name other users. */
  readonly isAdmin?: boolean;
  /** Undefined: the token has no claim with grants. */
  readonly grants?: GrantsClaim;
  /** The lifetime of the token in seconds. The default is one hour. */
  readonly ttlSeconds?: number;
}

const AN_HOUR_SECONDS = 3600;

/**
 * Signs tokens with the first secret of AUTH_JWT_SECRET or AUTH_JWT_SECRET_FILE, for operators and tests. In production, a
 * backend issues the tokens.
 */
export class TokenSigner {
  private constructor(
    private readonly key: string,
    private readonly claims: {
      readonly issuer?: string | undefined;
      readonly audience?: string | undefined;
      readonly grantsClaim: string;
    },
  ) {}

  /** Returns undefined if the settings have no secret. Throws `ConfigError` if they are wrong. */
  static async of(environment: NodeJS.ProcessEnv): Promise<TokenSigner | undefined> {
    const { secrets, secretFile, issuer, audience, grantsClaim } = readConfig(environment).auth;
    const known = secretFile === undefined ? secrets : await readSecretFile(secretFile);
    return known && new TokenSigner(known[0]!, { issuer, audience, grantsClaim });
  }

  /** Throws `RangeError` if the service would reject the user id. */
  async sign({
    userId,
    isAdmin = false,
    grants,
    ttlSeconds = AN_HOUR_SECONDS,
  }: Identity): Promise<string> {
    if (!isIdentifier(userId)) {
      throw new RangeError('A user id has 1 to 128 characters and no control characters.');
    }
    return signToken({ key: this.key, userId, isAdmin, grants, ttlSeconds, ...this.claims });
  }
}
