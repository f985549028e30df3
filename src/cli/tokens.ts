import type { TokenOption } from '#client';
import { signToken } from '../auth/sign-token.js';
import { readConfig } from '../config/config.js';
import { isIdentifier } from '../domain/identifier.js';
import { UsageError } from './failure.js';

/** Whom a token is of, and what it is good for. */
export interface Identity {
  readonly userId: string;
  /** Whether it may name other users. */
  readonly isAdmin?: boolean;
  /** An hour unless given. */
  readonly ttlSeconds?: number;
}

const AN_HOUR_SECONDS = 3600;

/** Whose token a command signs that only looks. */
export const READ_ONLY_IDENTITY: Identity = { userId: 'presence-command-line' };

/** Whose token a command signs that names sessions and users of others. */
export const ADMIN: Identity = { ...READ_ONLY_IDENTITY, isAdmin: true };

/** Signs tokens as the service expects them, by the settings that it has. */
export class TokenSigner {
  private constructor(
    private readonly key: string,
    private readonly claims: {
      readonly issuer?: string | undefined;
      readonly audience?: string | undefined;
    },
  ) {}

  /** Throws where the settings hold no secret. `purpose` begins a sentence about what it is for. */
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

/** Where a command gets its tokens from: it was given one, or signs them itself, each time one is asked for. */
export async function tokenSource(
  given: string | undefined,
  identity: Identity,
  environment: NodeJS.ProcessEnv,
): Promise<TokenOption> {
  // As it is and not as a function: the client says at once when it is no token.
  if (given !== undefined) return given;
  const signer = TokenSigner.of(
    environment,
    'Give --token or PRESENCE_TOKEN (a server without a key prints one), or have tokens signed here',
  );
  // What is wrong with it is told now: later it would count as an outage, which passes.
  await signer.sign(identity);
  return () => signer.sign(identity);
}

/** The user that a JWT is of. Undefined: it does not say, or is of another kind. */
export function subjectOf(token: string): string | undefined {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    const { sub } = JSON.parse(payload) as { sub?: unknown };
    return typeof sub === 'string' ? sub : undefined;
  } catch {
    return undefined;
  }
}
