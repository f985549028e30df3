import type { TokenOption } from '#client';
import { type Identity, TokenSigner } from '#server/auth/token-signer.js';
import { UsageError } from '../runtime/failure.js';

/**
 * The identity of commands that show or change any user. It is an admin's also for commands that only read: VISIBILITY and
 * CHANNEL_ACCESS would hide users and channels from any other token that has no grants.
 */
export const ADMIN: Identity = { userId: 'presence-command-line', isAdmin: true };

/** Throws `UsageError` if the settings contain no secret. `purpose` is the beginning of the error message. */
export async function tokenSigner(
  environment: NodeJS.ProcessEnv,
  purpose: string,
): Promise<TokenSigner> {
  const signer = await TokenSigner.of(environment);
  if (signer !== undefined) return signer;
  throw new UsageError(
    `${purpose} needs AUTH_JWT_SECRET or AUTH_JWT_SECRET_FILE, with the same secret as on the server.`,
  );
}

/** Signs a token. Throws `UsageError` for a user id that the service would reject. */
export async function sign(signer: TokenSigner, identity: Identity): Promise<string> {
  try {
    return await signer.sign(identity);
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
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
  const signer = await tokenSigner(
    environment,
    'Set --token or PRESENCE_TOKEN (a server without a key prints a token). Signing a token here',
  );
  // Signs one token now, so that a mistake is reported at once. Later the client would treat it as an outage and
  // retry.
  await sign(signer, identity);
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
