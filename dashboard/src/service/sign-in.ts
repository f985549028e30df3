import { PresenceError, createPresenceClient, type PresenceClient } from '#client';
import { createConnectTransport } from '@connectrpc/connect-web';

/** The user whose explanation is requested to check a token. The user need not exist. */
const ANYBODY = 'dashboard';

/** Creates a client for a token that may see everything. Throws a `PresenceError` for any other token. */
export async function signIn(token: string): Promise<PresenceClient> {
  const transport = (): ReturnType<typeof createConnectTransport> =>
    createConnectTransport({ baseUrl: location.origin, useBinaryFormat: true });
  const client = createPresenceClient({ transport, token });
  try {
    await client.explain(ANYBODY);
    return client;
  } catch (error) {
    client.close();
    throw error;
  }
}

/** Returns the sentence about an error for the person at the dashboard. */
export function sentenceAbout(error: unknown): string {
  if (!(error instanceof PresenceError)) return 'An unexpected error occurred.';
  switch (error.code) {
    // The token is the only argument that comes from outside.
    case 'invalid-argument':
    case 'unauthenticated':
      return 'The service rejects this token: it is invalid or has expired.';
    case 'permission-denied':
      return 'This token does not have the scope presence:admin.';
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
  return error instanceof PresenceError && ABOUT_TOKEN.has(error.code);
}
