/**
 * The user of a token that is not an admin's, as the token states it. It is only displayed: the service decides what the
 * token may do.
 */
export interface Viewer {
  /** Undefined: the token does not state it. */
  readonly userId: string | undefined;
  /** Whether the token can begin no session. */
  readonly isWatchOnly: boolean;
}

/** Reads the claims of a token without verifying them. */
export function viewerOf(token: string): Viewer {
  const claims = claimsOf(token);
  const { sub } = claims;
  return {
    userId: typeof sub === 'string' ? sub : undefined,
    // The name of the claim with the grants is a setting of the service.
    isWatchOnly: Object.values(claims).some(isWatchOnly),
  };
}

function isWatchOnly(claim: unknown): boolean {
  return typeof claim === 'object' && claim !== null && 'watch_only' in claim
    ? claim.watch_only === true
    : false;
}

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const [, payload = ''] = token.split('.');
  try {
    const bytes = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
    const text = new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
    const claims: unknown = JSON.parse(text);
    return typeof claims === 'object' && claims !== null ? { ...claims } : {};
  } catch {
    return {};
  }
}
