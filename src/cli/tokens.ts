import type { TokenOption } from '#client';
import { signToken } from '../auth/sign-token.js';
import { readConfig } from '../config/config.js';
import { isIdentifier } from '../domain/identifier.js';
import { UsageError } from './failure.js';

/** The user, the rights and the lifetime of a token. */
export interface Identity {
  readonly userId: string;
  /** Whether the token has the scope `presence:admin`, which may name other users. */
  readonly isAdmin?: boolean;
  /** The lifetime of the token in seconds. The default is one hour. */
  readonly ttlSeconds?: number;
}

const AN_HOUR_SECONDS = 3600;

/** The identity of commands that only read. */
export const READ_ONLY_IDENTITY: Identity = { userId: 'presence-command-line' };

/** The identity of commands that name sessions and users of others. */
export const ADMIN: Identity = { ...READ_ONLY_IDENTITY, isAdmin: true };

/** Signs tokens with the settings of the service. */
export class TokenSigner {
  private constructor(
    private readonly key: string,
    private readonly claims: {
      readonly issuer?: string | undefined;
      readonly audience?: string | undefined;
    },
  ) {}

  /** Throws `UsageError` if the settings contain no secret. `purpose` is the beginning of the error message. */
  static of(environment: NodeJS.ProcessEnv, purpose: string): TokenSigner {
    const { secret, issuer, audience } = readConfig(environment).auth;
    if (secret === undefined) {
      throw new UsageError(
        `${purpose}, which needs AUTH_JWT_SECRET, the same for this command and for the server.`,
      );
    }
    return new TokenSigner(secret, { issuer, audience });
  }

  async sign({ userId, isAdmin = false, ttlSeconds = AN_HOUR_SECONDS }: Identity): Promise<string> {
    if (!isIdentifier(userId)) {
      throw new UsageError('A user id has 1 to 128 characters, none of them a control character.');
    }
    return signToken({ key: this.key, userId, isAdmin, ttlSeconds, ...this.claims });
  }
}

/** Returns the given token, or a function that signs a new token for each request. */
export async function tokenSource(
  given: string | undefined,
  identity: Identity,
  environment: NodeJS.ProcessEnv,
): Promise<TokenOption> {
  // The token is passed as a string, not as a function, so that the client checks its format at once.
  if (given !== undefined) return given;
  const signer = TokenSigner.of(
    environment,
    'Give --token or PRESENCE_TOKEN (a server without a key prints one), or have tokens signed here',
  );
  // Signs one token now, so that a mistake is reported at once. Later the client would treat it as an outage and
  // retry.
  await signer.sign(identity);
  return () => signer.sign(identity);
}

/** Returns the user id in a JWT. Undefined if it has none or the token is not a JWT. */
export function subjectOf(token: string): string | undefined {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    const { sub } = JSON.parse(payload) as { sub?: unknown };
    return typeof sub === 'string' ? sub : undefined;
  } catch {
    return undefined;
  }
}
