import { readConfig } from '../config/config.js';
import { isIdentifier } from '../domain/identifier.js';
import { grantsOf, type GrantsClaim } from './grants.js';
import { InvalidToken } from './invalid-token.js';
import { MAX_TOKEN_CHARACTERS, signToken } from './sign-token.js';
import { readSecretFile } from './token-secrets.js';

/** The user, the rights and the lifetime of a token. */
export interface Identity {
  readonly userId: string;
  /** Whether the token has the scope `presence:admin`, which may name other users. */
  readonly isAdmin?: boolean;
  /** Undefined: the token has no claim with grants. */
  readonly grants?: GrantsClaim | undefined;
  /** The lifetime of the token in seconds. The default is one hour, or AUTH_MAX_TOKEN_LIFETIME_MS if that is shorter. */
  readonly ttlSeconds?: number | undefined;
}

/** The grants as the options of a program name them. */
export interface GrantOptions {
  readonly group?: readonly string[] | undefined;
  readonly join?: readonly string[] | undefined;
  readonly watch?: readonly string[] | undefined;
  readonly moderate?: readonly string[] | undefined;
  readonly watchOnly?: boolean | undefined;
}

const AN_HOUR_SECONDS = 3600;

/** Returns the claim with these grants. Undefined if no option is given. */
export function grantsClaimOf({
  group,
  join,
  watch,
  moderate,
  watchOnly,
}: GrantOptions): GrantsClaim | undefined {
  const claim: GrantsClaim = {
    ...(group && { groups: group }),
    ...(join && { join }),
    ...(watch && { watch }),
    ...(moderate && { moderate }),
    ...(watchOnly && { watch_only: true }),
  };
  return Object.keys(claim).length === 0 ? undefined : claim;
}

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
    /** The longest lifetime that the service accepts, in seconds. */
    private readonly maxTtlSeconds: number,
  ) {}

  /** Returns undefined if the settings have no secret. Throws `ConfigError` if they are wrong. */
  static async of(environment: NodeJS.ProcessEnv): Promise<TokenSigner | undefined> {
    const { auth } = readConfig(environment);
    const { secrets, secretFile, issuer, audience, grantsClaim, maxTokenLifetimeMs } = auth;
    const known = secretFile === undefined ? secrets : await readSecretFile(secretFile);
    if (known === undefined) return undefined;
    const maxTtlSeconds = Math.floor((maxTokenLifetimeMs ?? Infinity) / 1000);
    return new TokenSigner(known[0]!, { issuer, audience, grantsClaim }, maxTtlSeconds);
  }

  /** Throws `RangeError` if the service would reject the token. */
  async sign({
    userId,
    isAdmin = false,
    grants,
    ttlSeconds = Math.min(AN_HOUR_SECONDS, this.maxTtlSeconds),
  }: Identity): Promise<string> {
    if (!isIdentifier(userId)) {
      throw new RangeError('A user id has 1 to 128 characters and no control characters.');
    }
    if (ttlSeconds > this.maxTtlSeconds) {
      throw new RangeError(
        `The service would reject the token: AUTH_MAX_TOKEN_LIFETIME_MS allows at most ${this.maxTtlSeconds} seconds.`,
      );
    }
    checkGrants(grants, this.claims.grantsClaim);
    const request = { key: this.key, userId, isAdmin, grants, ttlSeconds, ...this.claims };
    const token = await signToken(request);
    if (token.length <= MAX_TOKEN_CHARACTERS) return token;
    throw new RangeError(
      `The service would reject the token: it has ${token.length} characters, and ${MAX_TOKEN_CHARACTERS} are allowed. Use fewer or shorter grants.`,
    );
  }
}

/** Throws `RangeError` for grants that the service would reject. */
function checkGrants(grants: GrantsClaim | undefined, claim: string): void {
  try {
    grantsOf(grants, claim);
  } catch (error) {
    if (!(error instanceof InvalidToken)) throw error;
    throw new RangeError(`The service would reject the token: ${error.check}.`, { cause: error });
  }
}
