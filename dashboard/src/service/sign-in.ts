import { PresenceError, createPresenceClient, type PresenceClient } from '#client';
import { createConnectTransport } from '@connectrpc/connect-web';
import { viewerOf, type Viewer } from './viewer.js';

/** The user whose explanation is requested to check a token. The user need not exist. */
const ANYBODY = 'dashboard';

/** The result of a sign-in. */
export interface SignedIn {
  readonly client: PresenceClient;
  readonly token: string;
  /** Undefined: the token is an admin's. */
  readonly viewer: Viewer | undefined;
}

/** Creates a client for a token. Throws a `PresenceError` if the service does not accept the token. */
export async function signIn(token: string): Promise<SignedIn> {
  const transport = (): ReturnType<typeof createConnectTransport> =>
    createConnectTransport({ baseUrl: location.origin, useBinaryFormat: true });
  const client = createPresenceClient({ transport, token });
  try {
    await client.explain(ANYBODY);
    return { client, token, viewer: undefined };
  } catch (error) {
    // The service checks the scope after the token, so it has accepted the token.
    if (isPresenceError(error) && error.reason === 'ADMIN_SCOPE_REQUIRED')
      return { client, token, viewer: viewerOf(token) };
    client.close();
    throw error;
  }
}

/** Returns the sentence about an error for the person at the dashboard. */
export function sentenceAbout(error: unknown): string {
  if (!isPresenceError(error)) return 'An unexpected error occurred.';
  switch (error.reason) {
    case 'TOKEN_REVOKED':
      return 'This token was revoked. Sign in with a new one.';
    case 'CHANNEL_NOT_GRANTED':
      return 'This token may not watch a channel of this page.';
    case 'ADMIN_SCOPE_REQUIRED':
      return 'This token does not have the scope presence:admin.';
  }
  switch (error.code) {
    // The token is the only argument that comes from outside.
    case 'invalid-argument':
    case 'unauthenticated':
      return 'The service rejects this token: it is invalid or has expired.';
    case 'permission-denied':
      return 'This token does not permit what the page needs.';
    case 'unavailable':
    case 'timeout':
      return 'The service is unreachable.';
    default:
      return `The service returned an error: ${error.message}.`;
  }
}

const ABOUT_TOKEN = new Set(['invalid-argument', 'unauthenticated', 'permission-denied']);

/** Whether the error means that another token is needed. */
export function isAboutToken(error: unknown): boolean {
  return isPresenceError(error) && ABOUT_TOKEN.has(error.code);
}

function isPresenceError(error: unknown): error is PresenceError {
  return error instanceof PresenceError;
}
